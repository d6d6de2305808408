import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Cache } from "./apply";
import { Hub } from "./hub";
import { pause, Reader } from "./reader";
import { CALLS, effectOf, patched } from "./rules";
import type { Change, Told } from "./told";

const change = (type: string, data: Record<string, unknown> = {}): Change => ({
  position: "1.1",
  type,
  id: "id",
  name: "hello",
  at: "2026-01-01T00:00:00Z",
  by: null,
  data,
});

describe("what a change means", () => {
  it.each([
    ["prompt.changed", ["prompts", "one", "hello"], true],
    ["prompt.changed", ["prompts", "versions", "hello"], false],
    ["prompt.saved", ["prompts", "versions", "hello"], true],
    ["prompt.saved", ["prompts", "list", "", "", "", false], true],
    ["prompt.saved", ["prompts", "one", "other"], false],
    ["prompt.label_moved", ["prompts", "moves", "hello"], true],
    ["prompt.deleted", ["prompts", "named"], true],
    ["endpoint.saved", ["endpoints"], true],
    ["endpoint.saved", ["endpoints", "hello", "versions"], true],
    ["endpoint.saved", ["endpoints", "other"], false],
    ["endpoint.saved", ["environments"], false],
    ["endpoint.released", ["environments"], true],
    ["endpoint.released", ["prompts", "uses", "greeting"], true],
    ["deployment.building", ["deployments", "id"], true],
    ["deployment.building", ["deployments", "id", "log"], false],
    ["deployment.building", ["deployments", "list", null], false],
    ["deployment.queued", ["deployments", "list", null], true],
    ["deployment.failed", ["deployments", "list", "hello"], true],
    ["deployment.live", ["endpoints", "hello"], true],
    ["deployment.live", ["endpoints", "hello", "source", null], false],
    ["key.created", ["keys"], true],
    ["credential.checked", ["credentials"], true],
    ["environment.created", ["environments"], true],
    ["environment.created", ["endpoints"], false],
    ["environment.deleted", ["endpoints", "hello"], true],
    ["invitation.deleted", ["invitations", "org"], true],
    ["member.changed", ["members", "org"], true],
    ["label_rule.created", ["label-rules"], true],
    ["organization.changed", ["me"], true],
    ["of a newer server", ["anything"], true],
  ] as const)("%s: %j asked again: %s", async (type, key, again) => {
    vi.useFakeTimers();
    const client = new QueryClient();
    client.setQueryData(key, { items: [] });
    new Cache(client, () => true).change(change(type), "somebody");
    await vi.advanceTimersByTimeAsync(200);
    expect(client.getQueryState(key)?.isInvalidated).toBe(again);
    vi.useRealTimers();
  });

  it("is put where the thing is, at once, and nothing that is not shown", () => {
    const { put } = effectOf(change("deployment.building", { status: "building", batch: "b" }), "x");
    expect(put).toEqual({ into: ["deployments"], id: "id", fields: { status: "building" } });
  });

  it("is a prompt's new name, wherever the prompt is", () =>
    expect(effectOf(change("prompt.changed", { version: 2 }), "x").put).toEqual({
      into: ["prompts"],
      id: "id",
      fields: { name: "hello" },
    }));

  it("concerns what somebody may do, where it is about them", () => {
    expect(effectOf(change("member.changed"), "id").me).toBe(true);
    expect(effectOf(change("member.changed"), "another").me).toBeUndefined();
    expect(effectOf(change("organization.changed"), "another").me).toBe(true);
  });

  it("never moves a list of calls", () => {
    expect(CALLS).not.toContainEqual(["calls", "list"]);
  });
});

describe("a patch", () => {
  const there = { id: "id", status: "queued" };
  const now = { id: "id", status: "live" };
  const other = { id: "other", status: "queued" };
  it.each([
    [there, now],
    [{ items: [other, there] }, { items: [other, now] }],
    [
      { prompt: there, etag: "1" },
      { prompt: now, etag: "1" },
    ],
    [
      { pages: [{ items: [other] }, { items: [there] }], pageParams: [null, "a"] },
      { pages: [{ items: [other] }, { items: [now] }], pageParams: [null, "a"] },
    ],
  ])("of %j", (data, after) => expect(patched<unknown>(data, "id", { status: "live" })).toEqual(after));

  it.each([[other], [{ items: [other] }], [undefined], ["text"]])("leaves %j as it is", (data) =>
    expect(patched<unknown>(data, "id", { status: "live" })).toBe(data),
  );
});

describe("asking again", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("happens once for changes that come together, and waits for eyes", async () => {
    const client = new QueryClient();
    const again = vi.spyOn(client, "invalidateQueries");
    let seen = false;
    const cache = new Cache(client, () => seen);
    for (let times = 0; times < 3; times++) cache.change(change("key.changed"), "x");
    await vi.advanceTimersByTimeAsync(200);
    const keys = () => again.mock.calls.filter(([filters]) => String(filters?.queryKey) === "keys");
    expect(keys()).toEqual([[{ queryKey: ["keys"], refetchType: "none" }]]);
    seen = true;
    cache.change(change("key.changed"), "x");
    await vi.advanceTimersByTimeAsync(200);
    expect(keys().at(-1)).toEqual([{ queryKey: ["keys"], refetchType: "active" }]);
  });
});

/** A server whose answers are given one after the other; then none comes. */
function served(answers: (string | number | Error)[]) {
  const heard: Told[] = [];
  const asked: (string | null)[] = [];
  let over = (): void => undefined;
  const done = new Promise<void>((end) => (over = end));
  const reader: Reader = new Reader("/api/events", (told) => heard.push(told), {
    fetch: (_, init) => {
      asked.push(new Headers(init?.headers).get("last-event-id"));
      const answer = answers.shift();
      if (answer === undefined) {
        reader.stop();
        over();
        return Promise.reject(new Error("over"));
      }
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve(
        typeof answer === "number" ? new Response(null, { status: answer }) : new Response(answer),
      );
    },
    wait: () => Promise.resolve(),
    random: () => 0,
  });
  return { reader, heard, asked, done };
}

const ready = (id: string) => `event: ready\nid: ${id}\ndata: {"kept_s":1}\n\n`;
const changed = (id: string, type: string) =>
  `event: change\nid: ${id}\ndata: ${JSON.stringify(change(type))}\n\n`;

describe("a reader", () => {
  it("goes on behind the last event, and says nothing of a stream that just ended", async () => {
    const { reader, heard, asked, done } = served([ready("1") + changed("2", "key.created"), ready("3")]);
    void reader.read();
    await done;
    expect(asked).toEqual([null, "2", "3"]);
    expect(heard.map(({ type }) => type)).toEqual(["ready", "change"]);
  });

  it("has all loaded anew at first and after a reset, and not after a pause", async () => {
    const reset = 'event: reset\nid: 9\ndata: {"reason":"swept"}\n\n';
    const { reader, heard, done } = served([
      ready("1"),
      new Error("down"),
      new Error("down"),
      ready("2"),
      new Error("down"),
      new Error("down"),
      reset + ready("9"),
    ]);
    void reader.read();
    await done;
    expect(heard).toEqual([
      { type: "ready", anew: true },
      { type: "lost" },
      { type: "ready", anew: false },
      { type: "lost" },
      { type: "ready", anew: true },
    ]);
  });

  it.each([500, 503, ""])("tries again where it is answered %j", async (answer) => {
    const { reader, heard, done } = served([answer, ready("1")]);
    void reader.read();
    await done;
    expect(heard.map(({ type }) => type)).toEqual(["lost", "ready"]);
  });

  it.each([401, 403, 404])("ends where it is refused with %i", async (status) => {
    const { reader, heard, asked } = served([status]);
    await reader.read();
    expect(heard).toEqual([{ type: "refused" }]);
    expect(asked).toHaveLength(1);
  });

  it("waits longer with each failure, and never very long", () => {
    expect([0, 1, 2, 3, 20].map((failures) => pause(failures, 1))).toEqual([500, 500, 1000, 2000, 30_000]);
    expect(pause(1, 0)).toBe(250);
  });
});

describe("tabs", () => {
  function together() {
    const readers: { address: string; stopped: boolean; ready: boolean; tell: (told: Told) => void }[] = [];
    const hub = new Hub((address, tell) => {
      const reader = { address, tell, stopped: false, ready: false, hurry: () => undefined };
      readers.push(reader);
      return Object.assign(reader, { stop: () => void (reader.stopped = true) });
    });
    const tab = () => {
      const heard: Told[] = [];
      const listener = { hear: (told: Told) => void heard.push(told) };
      return { heard, ask: (asked: Parameters<Hub["ask"]>[1]) => hub.ask(listener, asked) };
    };
    return { readers, tab };
  }
  const follow = (address: string) => ({ type: "follow", person: "ada", address }) as const;

  it("share one reader, which ends with the last of them", () => {
    const { readers, tab } = together();
    const [one, other] = [tab(), tab()];
    one.ask(follow("/a"));
    Object.assign(readers[0] ?? {}, { ready: true });
    other.ask(follow("/a"));
    expect(readers).toHaveLength(1);
    expect(other.heard).toEqual([{ type: "ready", anew: true }]);
    readers[0]?.tell({ type: "lost" });
    expect([one.heard.at(-1), other.heard.at(-1)]).toEqual([{ type: "lost" }, { type: "lost" }]);
    one.ask({ type: "leave" });
    expect(readers[0]?.stopped).toBe(false);
    other.ask({ type: "leave" });
    expect(readers[0]?.stopped).toBe(true);
  });

  it("leave the one organization for the other, and begin anew where they were refused", () => {
    const { readers, tab } = together();
    const one = tab();
    one.ask(follow("/a"));
    one.ask(follow("/b"));
    expect(readers.map(({ address, stopped }) => [address, stopped])).toEqual([
      ["/a", true],
      ["/b", false],
    ]);
    readers[1]?.tell({ type: "refused" });
    one.ask(follow("/b"));
    expect(readers).toHaveLength(3);
  });
});
