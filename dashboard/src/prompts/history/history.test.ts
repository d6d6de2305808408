import { describe, expect, it } from "vitest";
import type { Call, ListedCall } from "../../api/types";
import { written } from "../content";
import { note, notes, runsOf, valuesIn, versionIn } from "./notes";

const call = (id: string, name: string, prompt?: string, source: Call["source"] = "studio") =>
  ({
    call_id: id,
    endpoint_name: name,
    source,
    ...(prompt === undefined ? {} : { prompt: { id: prompt, name: "now", version: 1 } }),
  }) as ListedCall;

const NOW = written({ prompt: { template: "Hi {{ name }}." }, values: { name: "Ada" } });

function store() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
  };
}

describe("notes of runs", () => {
  it("come back, the newest first, and only so many", () => {
    const there = store();
    for (let at = 0; at < 40; at++) note(there, "a/b", { call: String(at), now: NOW });
    expect(notes(there, "a/b")).toHaveLength(30);
    expect(notes(there, "a/b")[0]).toEqual({ call: "39", now: NOW });
    expect(notes(there, "a")).toEqual([]);
  });

  it("make room for a long one", () => {
    const there = store();
    note(there, "a", { call: "short", now: NOW });
    note(there, "a", { call: "long", now: { ...NOW, template: "x".repeat(500_000) } });
    expect(notes(there, "a").map(({ call }) => call)).toEqual(["long"]);
  });

  it("are nothing where something else is kept", () => {
    const there = store();
    there.setItem("promptpilot.runs.a", "{");
    expect(notes(there, "a")).toEqual([]);
    there.setItem("promptpilot.runs.a", '[{"call":1}]');
    expect(notes(there, "a")).toEqual([]);
  });
});

describe("runs of a prompt", () => {
  it("are those that named it, whatever it was called then, and those that this browser made", () => {
    const calls = [
      call("1", "a/b@3", "one"),
      call("2", "studio"),
      call("3", "studio"),
      call("4", "earlier", "one"),
      call("5", "a/b@1", "other"),
      call("6", "a/b", "one", "call"),
    ];
    expect(
      runsOf("one", calls, [{ call: "3", now: NOW }]).map(({ call, reference }) => [call.call_id, reference]),
    ).toEqual([
      ["1", "@3"],
      ["3", null],
      ["4", ""],
    ]);
  });

  it("lead to the version that they are of", () => {
    const prompt = { version: 5, labels: [{ label: "production", version: 2 }] };
    expect(["", "@3", "@production", "@gone"].map((reference) => versionIn(reference, prompt))).toEqual([
      5,
      3,
      2,
      null,
    ]);
  });

  it("have the values that were kept whole", () => {
    const body = (text: string, cut = false) => ({ request: { text, cut, size: text.length } });
    expect(valuesIn(body('{"name":"Ada"}'))).toEqual({ name: "Ada" });
    expect(valuesIn(body('{"name":"A', true))).toBeNull();
    expect(valuesIn(body("[1]"))).toBeNull();
    expect(valuesIn({})).toBeNull();
  });
});
