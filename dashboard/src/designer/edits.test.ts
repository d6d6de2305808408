import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { EditQueue, type CheckedText, type Ports } from "./edits";
import { apply, get, put, type Json, type Operation } from "./patch";

/** A server that keeps the definition as JSON text, and answers when it is told to. */
class Server {
  text = JSON.stringify({ name: "a" });
  asked: { toml: string; patch: Operation[]; answer: (wrong?: "refused" | Error) => Promise<void> }[] = [];
  written: boolean[] = [];
  refusals: string[] = [];

  ports: Ports = {
    text: () => this.text,
    check: (toml, patch) =>
      new Promise((resolve, reject) => {
        this.asked.push({
          toml,
          patch,
          answer: async (wrong) => {
            if (wrong instanceof Error) reject(wrong);
            else resolve(answerTo(toml, patch, wrong === "refused"));
            await vi.advanceTimersByTimeAsync(0);
          },
        });
      }),
    write: (answer, again) => {
      this.text = answer.toml;
      this.written.push(again);
    },
    refused: ({ message }) => this.refusals.push(message),
  };
}

function answerTo(toml: string, patch: Operation[], refused: boolean): CheckedText {
  const json = refused ? (JSON.parse(toml) as Json) : apply(JSON.parse(toml) as Json, patch);
  const findings = refused
    ? [{ severity: "error" as const, code: "patch-refused", pointer: "/x", message: "there is no `/x`" }]
    : [];
  return { name: null, findings, places: {}, json, toml: refused ? toml : JSON.stringify(json) };
}

let server: Server;
let queue: EditQueue;

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  queue = new EditQueue(server.ports);
  queue.learn(JSON.parse(server.text) as Json);
});

afterEach(() => vi.useRealTimers());

const say = (pointer: string, value: Json) => queue.edit((doc) => put(doc, pointer, value));
const said = (pointer: string) => get(queue.snapshot().doc ?? undefined, pointer);
const pause = () => vi.advanceTimersByTimeAsync(200);

it("an edit is seen at once, and is in the text a moment later", async () => {
  say("/name", "ab");
  say("/name", "abc");
  expect(said("/name")).toBe("abc");
  expect(queue.snapshot().busy).toBe(true);
  await pause();
  expect(server.asked.map(({ patch }) => patch)).toEqual([[{ op: "replace", path: "/name", value: "abc" }]]);
  await server.asked[0]?.answer();
  expect(server.text).toBe('{"name":"abc"}');
  expect(queue.snapshot()).toMatchObject({ busy: false, error: null });
});

it("edits go one after the other, and what is typed meanwhile goes with the next", async () => {
  say("/name", "b");
  await pause();
  say("/name", "bc");
  say("/log", "none");
  await pause();
  expect(server.asked).toHaveLength(1);
  await server.asked[0]?.answer();
  expect(said("/name")).toBe("bc");
  await server.asked[1]?.answer();
  expect(server.text).toBe('{"name":"bc","log":"none"}');
  expect(server.written).toEqual([false, false]);
});

it("going on with an edit is one step of the history", async () => {
  for (const value of ["b", "bc"]) {
    say("/name", value);
    await pause();
    await server.asked.at(-1)?.answer();
  }
  expect(server.written).toEqual([false, true]);
});

it("an answer about a text that has changed is dropped, and asked for again", async () => {
  say("/log", "none");
  await pause();
  server.text = JSON.stringify({ name: "typed" });
  await server.asked[0]?.answer();
  expect(server.text).toBe('{"name":"typed"}');
  await server.asked[1]?.answer();
  expect(server.text).toBe('{"name":"typed","log":"none"}');
});

it("what is refused is told, and is not shown any more", async () => {
  say("/x", 1);
  await pause();
  await server.asked[0]?.answer("refused");
  expect(server.refusals).toEqual(["there is no `/x`"]);
  expect(said("/x")).toBeUndefined();
  expect(queue.snapshot().busy).toBe(false);
});

it("what cannot be sent waits, and goes on with the next edit", async () => {
  say("/name", "b");
  await pause();
  await server.asked[0]?.answer(new Error("unreachable"));
  expect(queue.snapshot().error).toBeInstanceOf(Error);
  expect(said("/name")).toBe("b");
  say("/log", "none");
  await pause();
  await server.asked[1]?.answer();
  expect(server.text).toBe('{"name":"b","log":"none"}');
});

it("whoever waits for it is told once all is in the text", async () => {
  let settled = false;
  await queue.settled();
  say("/name", "b");
  void queue.settled().then(() => (settled = true));
  await pause();
  expect(settled).toBe(false);
  await server.asked[0]?.answer();
  expect(settled).toBe(true);
});
