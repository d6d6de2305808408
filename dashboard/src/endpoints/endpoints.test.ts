import { describe, expect, it } from "vitest";
import type { Definition, Field } from "../api/types";
import { boundsOf, fromText, toText, typeOf } from "./fields";
import { newer, search } from "./rules";
import { sample } from "./sample";
import { LANGUAGES, snippet } from "./snippets";
import { answerText, parseRequest, problemsOf, toRequest } from "./trial";

const text: Field = { type: "string", min_length: 1, max_length: 8 };

describe("a sample request", () => {
  const definition = (request: Record<string, Field>, tests: Definition["tests"] = []): Definition => ({
    name: "x",
    prompt: {},
    model: { provider: "sandbox", name: "echo" },
    request,
    tests,
  });

  it("is the first test's", () => {
    const tests = [{ request: { a: "b" } }] as unknown as Definition["tests"];
    expect(sample(definition({ a: text }, tests))).toEqual({ a: "b" });
  });

  it("has what must be there, within its bounds", () => {
    const request: Record<string, Field> = {
      subject: text,
      left: { type: "string", optional: true },
      given: { type: "string", default: "x" },
      number: { type: "integer", minimum: 2.5 },
      choice: { type: "enum", values: ["red", "blue"] },
      list: { type: "array", min_items: 2, items: { type: "boolean" } },
      inner: { type: "object", fields: { a: { type: "number" }, b: { type: "string", optional: true } } },
    };
    expect(sample(definition(request))).toEqual({
      subject: "some sub",
      number: 3,
      choice: "red",
      list: [true, true],
      inner: { a: 1 },
    });
  });
});

describe("snippets", () => {
  const target = {
    url: "http://h/e/1/",
    request: { text: 'it\'s "so"', on: true, none: null },
    asksForKey: true,
  };

  it.each(LANGUAGES)("in %s", (language) => expect(snippet(language, target)).toMatchSnapshot());

  it("have no key where none is asked for", () => {
    for (const language of LANGUAGES) {
      expect(snippet(language, { ...target, asksForKey: false })).not.toMatch(/API_KEY/);
    }
  });
});

describe("fields", () => {
  it("say their types and bounds", () => {
    expect(typeOf({ type: "array", items: { type: "string" } })).toBe("list of text");
    expect(boundsOf(text)).toEqual(["1 to 8 characters"]);
    expect(boundsOf({ type: "integer", maximum: 3, sensitive: true })).toEqual([
      "at most 3",
      "never recorded",
    ]);
  });

  it.each<[Field["type"], string, unknown]>([
    ["string", "12", "12"],
    ["integer", "12", 12],
    ["boolean", "false", false],
    ["array", "[]", []],
    ["string", "", undefined],
  ])("a %s is read from %j", (type, written, value) => {
    expect(fromText({ type }, written)).toEqual({ value });
    if (value !== undefined) expect(toText({ type }, value)).toBe(written);
  });

  it("say what is wrong", () => {
    expect(fromText({ type: "number" }, "many")).toHaveProperty("error");
    expect(fromText({ type: "object" }, "{")).toHaveProperty("error");
  });
});

describe("trying", () => {
  it("leaves out what is empty, and stops at what is wrong", () => {
    expect(toRequest({ a: text, b: { type: "integer" } }, { a: "x", b: "" })).toEqual({
      request: { a: "x" },
    });
    expect(toRequest({ b: { type: "integer" } }, { b: "x" })).toHaveProperty("errors.b");
  });

  it("takes objects only", () => {
    expect(parseRequest('{"a": 1}')).toEqual({ request: { a: 1 } });
    expect(parseRequest("[1]")).toHaveProperty("errors");
    expect(parseRequest("{")).toHaveProperty("errors");
  });

  it("shows each refusal at its field", () => {
    const body = {
      errors: [
        { pointer: "/a/0", detail: "too long" },
        { pointer: "/a", detail: "second" },
      ],
    };
    expect(problemsOf({ status: 422, body })).toEqual({ a: "too long" });
    expect(problemsOf({ status: 200, body })).toEqual({});
  });

  it("shows a text as a text", () => {
    expect(answerText({ body: { text: "Hello\nthere" } })).toBe("Hello\nthere");
    expect(answerText({ body: { a: 1 } })).toBe('{\n  "a": 1\n}');
  });
});

describe("lists", () => {
  const items = [
    { name: "hello", description: "Greet somebody" },
    { name: "story", description: "Tell a story" },
  ];
  it("are searched by all words", () => {
    expect(search(items, "greet HELLO")).toEqual([items[0]]);
    expect(search(items, "  ")).toEqual(items);
    expect(search(items, "greet story")).toEqual([]);
  });

  it("know what is newer than live", () => {
    expect(newer({ version: 3, live_version: 2 })).toBe(true);
    expect(newer({ version: 3, live_version: 3 })).toBe(false);
    expect(newer({ version: 3, live_version: null })).toBe(false);
  });
});
