/** Server-sent events out of an answer, where `EventSource` cannot ask or does not say enough. */

export interface ServerEvent {
  name: string;
  data: string;
  /** Its place, where it says one. */
  id?: string;
}

/** The events that are whole, and what is not yet. */
export function split(text: string): { events: ServerEvent[]; rest: string } {
  const blocks = text.split(/\r\n\r\n|\n\n/);
  const rest = blocks.pop() ?? "";
  return { events: blocks.flatMap(read), rest };
}

function read(block: string): ServerEvent[] {
  const event: ServerEvent = { name: "message", data: "" };
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith("event:")) event.name = line.slice(6).trim();
    if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
    if (line.startsWith("id:")) event.id = line.slice(3).trim();
  }
  return data.length > 0 ? [{ ...event, data: data.join("\n") }] : [];
}

/** Each event as it comes, until the answer ends. `onBytes` hears of anything that comes, signs of life as well. */
export async function* events(
  body: ReadableStream<Uint8Array>,
  onBytes?: () => void,
): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let waiting = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      onBytes?.();
      const { events, rest } = split(waiting + decoder.decode(value, { stream: !done }));
      yield* events;
      if (done) return;
      waiting = rest;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
