import { describe, expect, it } from "vitest";
import type { ModelRef } from "../../api/types";
import { BEGUN, ended, told, type Run } from "../run";
import { counted, difference } from "./difference";
import { sources } from "./sources";
import {
  added,
  begin,
  best,
  chosen,
  duplicated,
  fromAddress,
  letter,
  modelOf,
  removed,
  toAddress,
  toRun,
} from "./variants";

const ECHO: ModelRef = { provider: "sandbox", name: "echo", max_tokens: 100, seed: 7 };

const done = (variant: number, took: number, cost: string | null, first = took / 2) => ({
  name: "done",
  data: JSON.stringify({
    variant,
    call: "c",
    text: `text of ${variant}`,
    usage: { tokens_in: 10, tokens_out: 5, tokens_cached: 0 },
    cost_usd: cost,
    latency_ms: took,
    first_token_ms: first,
  }),
});

describe("variants", () => {
  it("begin with what is written, beside what is good or was there before", () => {
    const at = (version: number, labels: { label: string; version: number }[] = []) =>
      begin({ version, labels }).map(({ of }) => of);
    expect(at(1)).toEqual(["draft", "1"]);
    expect(at(4)).toEqual(["draft", "3"]);
    expect(at(4, [{ label: "production", version: 2 }])).toEqual(["draft", "@production"]);
  });

  it("are four at most and one at least, and keep their ids", () => {
    const two = begin({ version: 2, labels: [] });
    const three = duplicated(two, 0);
    expect(three.map(({ id, of }) => [id, of])).toEqual([
      [0, "draft"],
      [2, "draft"],
      [1, "1"],
    ]);
    expect(removed(three, 0).map(({ id }) => id)).toEqual([2, 1]);
    expect(added(added(three))).toHaveLength(4);
    expect(duplicated(added(three), 0)).toHaveLength(4);
    expect(removed(two.slice(0, 1), 0)).toHaveLength(1);
    expect([0, 3].map(letter)).toEqual(["A", "D"]);
  });

  it.each([
    "draft,2",
    "@production,own,17",
    "draft~anthropic/claude-haiku-4-5,3~sandbox/echo~max_tokens=20~temperature=0.2",
    "draft~huggingface/meta%2Fllama~temperature=0",
  ])("%s is read as it was written", (address) => expect(toAddress(fromAddress(address))).toBe(address));

  it("leave out what is not understood", () => {
    expect(fromAddress("nonsense,0,,@Up,-1")).toEqual([]);
    expect(fromAddress("draft,1,2,3,4,5")).toHaveLength(4);
    expect(toAddress(fromAddress("draft~nonsense,1~openai/gpt~temperature=warm,2~openai/%E0"))).toBe(
      "draft,1~openai/gpt,2~openai/%25E0",
    );
  });

  it("run the text's own model, with what is said otherwise", () => {
    expect(modelOf(ECHO, null)).toBe(ECHO);
    expect(modelOf(ECHO, { provider: "sandbox", name: "echo", temperature: 1 })).toEqual({
      provider: "sandbox",
      name: "echo",
      seed: 7,
      temperature: 1,
    });
    expect(modelOf(ECHO, { provider: "openai", name: "gpt-5" })).toEqual({
      provider: "openai",
      name: "gpt-5",
    });
    expect(chosen({ ...ECHO }, ECHO)).toBeNull();
    expect(chosen({ ...ECHO, name: "lorem" }, ECHO)).toEqual({
      provider: "sandbox",
      name: "lorem",
      max_tokens: 100,
    });
  });

  it("refer to what is kept", () => {
    const texts = { template: "Hi." };
    const of = (of: string) => toRun("a/b", { id: 0, of, model: null }, texts, ECHO).prompt;
    expect(of("draft")).toEqual(texts);
    expect(of("own")).toEqual(texts);
    expect(of("3")).toEqual({ use: "a/b@3" });
    expect(of("@production")).toEqual({ use: "a/b@production" });
  });

  it("are chosen among what is there, and stay what they are though it be gone", () => {
    const prompt = { version: 2, labels: [{ label: "production", version: 1 }] };
    expect(sources(prompt, "draft").map(({ label }) => label)).toEqual([
      "What I write",
      "production → v1",
      "v2, newest",
      "v1",
    ]);
    expect(sources(prompt, "@staging").at(-1)).toEqual({ value: "@staging", label: "@staging" });
    expect(sources(prompt, "own").at(-1)?.label).toBe("A text of its own");
  });
});

describe("a run", () => {
  const delta = (text: string) => ({ name: "delta", data: JSON.stringify({ variant: 0, text }) });

  it("is told word by word, and ends with what the server says of it", () => {
    const hello = told(told(BEGUN, delta("Hel"), 5), delta("lo"), 9);
    expect(hello).toMatchObject({ state: "running", text: "Hello", first: 5, took: 9 });
    expect(told(hello, done(0, 40, "0.001"), 41)).toMatchObject({
      state: "done",
      text: "text of 0",
      first: 20,
      took: 40,
    });
    const error = { type: "timeout", status: 504, detail: "it took too long" };
    const failure = { name: "error", data: JSON.stringify({ variant: 0, error, latency_ms: 50 }) };
    expect(told(hello, failure, 50)).toMatchObject({ state: "failed", text: "Hello", took: 50 });
  });

  it("that has ended is told nothing more", () => {
    const stopped = ended(told(BEGUN, delta("Hel"), 5), 10, { stopped: true });
    expect(stopped).toMatchObject({ state: "stopped", text: "Hel", took: 10 });
    expect(told(stopped, delta("lo"), 12)).toBe(stopped);
    expect(ended(stopped, 14, { error: new Error("gone") })).toBe(stopped);
    expect(ended(BEGUN, 3, { error: new Error("no key") })).toMatchObject({ state: "failed", took: 3 });
  });

  it("is best in a figure where several differ", () => {
    const run = (took: number, cost: string | null, first?: number): Run => {
      return told(BEGUN, done(0, took, cost, first), took);
    };
    expect(best([run(30, "0.002", 9), undefined, run(20, "0.004", 9), run(20, null, 9)])).toEqual({
      first: [false, false, false, false],
      total: [false, false, true, true],
      tokens: [false, false, false, false],
      cost: [true, false, false, false],
    });
    expect(best([run(30, "0.002")]).total).toEqual([false]);
  });
});

describe("the difference of two answers", () => {
  const shown = (from: string, to: string) =>
    difference(from, to).map(
      ({ change, text }) => ({ same: text, added: `+${text}+`, removed: `-${text}-` })[change],
    );

  it.each([
    ["A fox runs.", "A fox runs.", ["A fox runs."]],
    ["A quick fox runs.", "A slow fox runs.", ["A ", "-quick-", "+slow+", " fox runs."]],
    ["the quick fox", "a slow fox", ["-the quick-", "+a slow+", " fox"]],
    ["one", "one two", ["one", "+ two+"]],
    ["a b\nc d", "x b\ny d", ["-a-", "+x+", " b\n", "-c-", "+y+", " d"]],
    ["", "new", ["+new+"]],
    ["größer 👍 2", "größer 👎 2", ["größer ", "-👍-", "+👎+", " 2"]],
  ])("of %j and %j is word by word", (from, to, parts) => expect(shown(from, to)).toEqual(parts));

  it("has all of both texts, and is found in little time, however long and different they are", () => {
    const text = (seed: number) =>
      Array.from({ length: 12_000 }, (_, at) => `w${(at * seed) % 7919}${at % 9 === 0 ? "\n" : ""}`).join(
        " ",
      );
    const [from, to] = [text(31), text(37)];
    const parts = difference(from, to);
    const of = (gone: string) =>
      parts
        .filter(({ change }) => change !== gone)
        .map(({ text }) => text)
        .join("");
    expect(of("added")).toBe(from);
    expect(of("removed")).toBe(to);
  });

  it("is counted in words", () => {
    expect(counted(difference("A quick fox.", "A very slow fox!"))).toEqual({ added: 2, removed: 1 });
  });
});
