/** Reads events for all tabs of a browser, which would else use up its few connections to a server. */
import { Hub } from "./hub";
import type { Asked } from "./told";

const hub = new Hub();

// TypeScript's library of workers cannot be had beside that of pages.
addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  if (!port) return;
  const listener = { hear: (told: unknown) => port.postMessage(told) };
  port.onmessage = ({ data }: MessageEvent<Asked>) => hub.ask(listener, data);
});
