import { describe, expect, it } from "vitest";
import { apply, child, get, joined, keysOf, put, reorder, unset, type Json, type Operation } from "./patch";

const doc: Json = {
  name: "hello",
  model: { name: "echo", stop: ["a", "b", "c"], fallback: [{ name: "one" }, { name: "two" }] },
  request: { text: { type: "string" }, bullets: { type: "integer" }, audience: { type: "enum" } },
  limits: { budget: { endpoint: "1 USD/day" } },
};

describe("pointers", () => {
  it("escape and unescape what they are made of", () => {
    expect(child("/a", "b/c~d")).toBe("/a/b~1c~0d");
    expect(keysOf("/a/b~1c~0d")).toEqual(["a", "b/c~d"]);
    expect(keysOf("")).toEqual([]);
  });

  it.each([
    ["", doc],
    ["/model/stop/1", "b"],
    ["/model/fallback/1/name", "two"],
    ["/model/nothing/at/all", undefined],
    ["/name/length", undefined],
    ["/toString", undefined],
  ])("%j leads to its value", (pointer, value) => expect(get(doc, pointer)).toEqual(value));
});

describe("what a patch comes to", () => {
  const after = (...patch: Operation[]) => apply(doc, patch);

  it.each<[string, Operation, string, unknown]>([
    ["add", { op: "add", path: "/model/stop/1", value: "x" }, "/model/stop", ["a", "x", "b", "c"]],
    ["add at the end", { op: "add", path: "/model/stop/-", value: "x" }, "/model/stop/3", "x"],
    [
      "replace",
      { op: "replace", path: "/model/fallback/0/name", value: "x" },
      "/model/fallback/0",
      { name: "x" },
    ],
    ["remove", { op: "remove", path: "/model/stop/0" }, "/model/stop", ["b", "c"]],
    ["move", { op: "move", from: "/model/stop/2", path: "/model/stop/0" }, "/model/stop", ["c", "a", "b"]],
    ["replace what is not there", { op: "replace", path: "/log", value: "none" }, "", doc],
  ])("%s", (_, operation, pointer, value) => expect(get(after(operation), pointer)).toEqual(value));

  it("a key that is renamed keeps its place", () => {
    const renamed = after({ op: "move", from: "/request/bullets", path: "/request/points" });
    expect(Object.keys(get(renamed, "/request") ?? {})).toEqual(["text", "points", "audience"]);
  });

  it("what has not changed is the same object", () => {
    const edited = after({ op: "replace", path: "/name", value: "x" });
    expect(get(edited, "/model")).toBe(get(doc, "/model"));
  });
});

describe("saying something", () => {
  it.each<[string, Json, Operation[]]>([
    ["/name", "x", [{ op: "replace", path: "/name", value: "x" }]],
    ["/log", "none", [{ op: "add", path: "/log", value: "none" }]],
    ["/limits/rate", "1/s", [{ op: "add", path: "/limits/rate", value: "1/s" }]],
    ["/cache/ttl", "1h", [{ op: "add", path: "/cache", value: { ttl: "1h" } }]],
    ["/a/b/c", 1, [{ op: "add", path: "/a", value: { b: { c: 1 } } }]],
  ])("%s is %j", (pointer, value, patch) => expect(put(doc, pointer, value)).toEqual(patch));

  it.each<[string, Operation[]]>([
    ["/nothing", []],
    ["/name", [{ op: "remove", path: "/name" }]],
    ["/limits/budget/endpoint", [{ op: "remove", path: "/limits" }]],
    ["/model/stop/0", [{ op: "remove", path: "/model/stop/0" }]],
  ])("%s is not said any more", (pointer, patch) => expect(unset(doc, pointer)).toEqual(patch));

  it("the last of a list takes the list along", () => {
    expect(unset({ tests: [{}] }, "/tests/0")).toEqual([{ op: "remove", path: "/tests" }]);
  });
});

describe("order", () => {
  const order = (from: number, to: number) =>
    Object.keys(get(apply(doc, reorder(doc, "/request", from, to)), "/request") ?? {});

  it.each([
    [0, 1, ["bullets", "text", "audience"]],
    [2, 0, ["audience", "text", "bullets"]],
    [0, 2, ["bullets", "audience", "text"]],
    [1, 1, ["text", "bullets", "audience"]],
    [0, 3, ["text", "bullets", "audience"]],
  ])("of fields, from %i to %i", (from, to, names) => expect(order(from, to)).toEqual(names));

  it("of lists is one step", () => {
    expect(reorder(doc, "/model/fallback", 1, 0)).toEqual([
      { op: "move", from: "/model/fallback/1", path: "/model/fallback/0" },
    ]);
  });
});

it("typing at one place is one step", () => {
  const replace = (path: string, value: Json): Operation => ({ op: "replace", path, value });
  const typed = [replace("/name", "a"), replace("/name", "ab"), replace("/log", "none")];
  expect(typed.reduce<Operation[]>((patch, step) => joined(patch, [step]), [])).toEqual([
    replace("/name", "ab"),
    replace("/log", "none"),
  ]);
  const added: Operation = { op: "add", path: "/log", value: "n" };
  expect(joined([added], [replace("/log", "none")])).toEqual([{ ...added, value: "none" }]);
  const item: Operation = { op: "add", path: "/model/stop/0", value: "n" };
  expect(joined([item], [replace("/model/stop/0", "x")])).toHaveLength(2);
});
