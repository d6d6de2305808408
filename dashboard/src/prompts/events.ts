/** Server-sent events out of an answer to a write, which `EventSource` cannot ask for. */

export interface ServerEvent {
  name: string;
  data: string;
}

/** The events that are whole, and what is not yet. */
export function split(text: string): { events: ServerEvent[]; rest: string } {
  const blocks = text.split(/\r\n\r\n|\n\n/);
  const rest = blocks.pop() ?? "";
  return { events: blocks.flatMap(read), rest };
}

function read(block: string): ServerEvent[] {
  let name = "message";
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length > 0 ? [{ name, data: data.join("\n") }] : [];
}

/** Each event as it comes, until the answer ends. */
export async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let waiting = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const { events, rest } = split(waiting + decoder.decode(value, { stream: !done }));
      yield* events;
      if (done) return;
      waiting = rest;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
