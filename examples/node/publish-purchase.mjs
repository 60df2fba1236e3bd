// Publish one purchase to Wafa, with nothing but an AMQP library.
//
//     npm ci
//     AMQP_URI=amqp://guest:guest@127.0.0.1:5672/%2F node publish-purchase.mjs
//
// Exit code 0: the broker has the event safe. docs/events.md says what may stand in an event.

import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import amqp from "amqplib";

const receipt = randomUUID(); // here you have a number of your own
const event = {
  specversion: "1.0",
  type: "purchase.completed.v1",
  // These two are the event's identity: published again, it still counts once.
  source: "/examples/node",
  id: `purchase-${receipt}`,
  // When it happened, however late it is sent.
  time: new Date().toISOString(),
  datacontenttype: "application/json",
  data: {
    purchase_id: receipt,
    total: { amount: "29.33", currency: "USD" }, // a text, never a floating-point number
    channel: "web",
    // Any of what you know: your own id for the customer, an e-mail address, a phone number.
    customer: { external_ids: [{ system: "shop", id: "C-2" }], phone: "+966501234567" },
  },
};

async function publish(connection) {
  const channel = await connection.createConfirmChannel();
  const refused = new Promise((_, reject) => {
    channel.on("return", ({ fields }) => reject(new Error(fields.replyText)));
    channel.on("error", reject);
    connection.on("error", reject);
  });
  const late = setTimeout(30_000, undefined, { ref: false }).then(() => {
    throw new Error("the broker has not confirmed within 30 seconds");
  });
  channel.publish("crm.events", event.type, Buffer.from(JSON.stringify(event)), {
    contentType: "application/cloudevents+json",
    contentEncoding: "utf-8",
    persistent: true,
    mandatory: true, // an error, rather than silence, when no queue takes it
  });
  await Promise.race([channel.waitForConfirms(), refused, late]);
}

try {
  const uri = process.env.AMQP_URI ?? "amqp://guest:guest@127.0.0.1:5672/%2F";
  const connection = await amqp.connect(uri, { timeout: 10_000 });
  try {
    await publish(connection);
  } finally {
    await connection.close();
  }
  console.log(`published and confirmed: ${event.type} ${event.id} from ${event.source}`);
} catch (error) {
  console.error(`not published: ${error.message}`);
  process.exitCode = 1;
}
