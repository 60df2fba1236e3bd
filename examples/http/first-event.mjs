// Tell Wafa of a purchase over HTTP, with nothing but JavaScript (Node.js 18 or later, Deno, Bun).
//
//     WAFA_URL=http://127.0.0.1:8000 WAFA_KEY=wafa_... node first-event.mjs
//
// The key needs the scope events:write. Exit code 0: the event is safe. Keep keys out of web pages.

const receipt = crypto.randomUUID(); // here you have a number of your own
const event = {
  specversion: "1.0",
  type: "purchase.completed.v1",
  // These two are the event's identity: sent again, it still counts once.
  source: "/examples/javascript-http",
  id: receipt,
  // When it happened, however late it is sent.
  time: new Date().toISOString(),
  data: {
    purchase_id: receipt,
    total: { amount: "29.33", currency: "USD" }, // a text, never a floating-point number
    channel: "web",
    // Any of what you know: your own id for the customer, an e-mail address, a phone number.
    customer: { email: "salma@example.com", name: "سلمى", locale: "ar" },
  },
};

const { WAFA_URL = "http://127.0.0.1:8000", WAFA_KEY } = process.env;
try {
  const answer = await fetch(`${WAFA_URL}/v1/events`, {
    method: "POST",
    headers: { Authorization: `Bearer ${WAFA_KEY}`, "Content-Type": "application/json" },
    body: JSON.stringify(event),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  console.log(text);
} catch (error) {
  console.error(`not published: ${error.message}`, error.cause?.message ?? "");
  process.exitCode = 1;
}
