// Follows the stream as pages do, with npm `eventsource`: node follow.mjs URL TOKEN COUNT
// A line of JSON for each prompt that is saved, after one that says that the stream is ready.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PROMPTPILOT_READERS}/`);
const { EventSource } = require("eventsource");
const [url, token, count] = process.argv.slice(2);
const source = new EventSource(url, {
  fetch: (input, init) =>
    fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }),
});
// While it waits to connect again, nothing else keeps the process.
const waiting = setInterval(() => {}, 1000);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
let opened = 0;
let seen = 0;
source.addEventListener("open", () => (opened += 1));
source.addEventListener("ready", () => say({ ready: opened }));
source.addEventListener("reset", (event) => say({ reset: event.data }));
source.addEventListener("change", (event) => {
  const { type, position, name } = JSON.parse(event.data);
  if (type !== "prompt.saved") return;
  say({ id: event.lastEventId, position, name });
  seen += 1;
  if (seen === Number(count)) {
    source.close();
    clearInterval(waiting);
  }
});
