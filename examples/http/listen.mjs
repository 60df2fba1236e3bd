// Hear of events as they happen, until Ctrl-C; with nothing but JavaScript (Node.js 18 or later, or a browser).
//
//     WAFA_URL=http://127.0.0.1:8000 WAFA_KEY=wafa_... node listen.mjs
//
// The key needs the scope stream:read. A browser's EventSource cannot send a key; this can, and comes again too.

const { WAFA_URL = "http://127.0.0.1:8000", WAFA_KEY } = process.env;
const url = `${WAFA_URL}/v1/stream?types=customer.recognized.v1,loyalty.*`;
const headers = { Authorization: `Bearer ${WAFA_KEY}` };

async function listen() {
  const answer = await fetch(url, { headers });
  if (answer.status === 429 || answer.status >= 500) return;
  if (!answer.ok) throw Object.assign(new Error(`${answer.status} ${await answer.text()}`), { final: true });
  console.error("listening");
  let unread = "";
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (unread + piece).split("\n\n");
    unread = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split("\n").map((line) => [line.split(": ", 1)[0], line.slice(line.indexOf(": ") + 2)]),
      );
      if (fields.id) headers["Last-Event-ID"] = fields.id;
      if (fields.event === "gap") console.log("something may be missing: read again what you show");
      else if (fields.id) {
        const event = JSON.parse(fields.data);
        console.log(event.type, event.data.customer_id);
      }
    }
  }
}

for (;;) {
  try {
    await listen();
  } catch (error) {
    console.error(`not listening: ${error.message}`);
    if (error.final) process.exit(1);
  }
  await new Promise((done) => setTimeout(done, 2_000));
}
