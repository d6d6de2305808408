/** A tab's end of the stream of events: through the worker that all tabs share, or by itself. */
import { Hub } from "./hub";
import type { Asked, Told } from "./told";

export interface Line {
  ask: (asked: Asked) => void;
}

/** Opens the line; there is one in a tab. */
export function open(hear: (told: Told) => void): Line {
  if (typeof SharedWorker === "undefined") {
    const hub = new Hub();
    const listener = { hear };
    return { ask: (asked) => hub.ask(listener, asked) };
  }
  const { port } = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module" });
  port.onmessage = ({ data }: MessageEvent<Told>) => hear(data);
  return { ask: (asked) => port.postMessage(asked) };
}
