import { describe, expect, it } from "vitest";
import type { Finding } from "../../api/types";
import { apply, get, type Json, type JsonObject } from "../patch";
import { codecOf, lines, needed, neededLines, number, text } from "./codec";
import {
  about,
  appended,
  freeName,
  promptForm,
  reformed,
  renamed,
  retyped,
  takes,
  troubled,
  undeclared,
} from "./rules";

describe("what is typed", () => {
  it.each<[string, typeof text, string, unknown]>([
    ["a text", text, "x", "x"],
    ["no text", text, "", undefined],
    ["an empty text that has to be there", needed, "", ""],
    ["a number", number, " 12.5 ", 12.5],
    ["half a number", number, "1.", 1],
    ["no number, which the server judges", number, "many", "many"],
    ["no number at all", number, " ", undefined],
    ["lines", lines, "a\n\nb\n", ["a", "b"]],
    ["no lines", lines, "\n", undefined],
    ["no lines where there have to be some", neededLines, "", []],
    ["a flag", codecOf({ type: "boolean" }), "true", true],
    ["a list", codecOf({ type: "array" }), '["a"]', ["a"]],
    ["a number for a field", codecOf({ type: "integer" }), "3", 3],
  ])("as %s", (_, codec, typed, value) => expect(codec.parse(typed)).toEqual({ value }));

  it("is told where it is no JSON", () => {
    expect(codecOf({ type: "array" }).parse("[1")).toEqual({ error: "This is no JSON yet." });
  });

  it("is shown as it was said", () => {
    expect([text.show("x"), number.show(1), lines.show(["a", "b"]), text.show(undefined)]).toEqual([
      "x",
      "1",
      "a\nb",
      "",
    ]);
    expect(codecOf({ type: "object" }).show({ a: 1 })).toBe('{"a":1}');
  });
});

describe("fields", () => {
  it("of another type keep what goes with it", () => {
    const field = { type: "string", description: "d", max_length: 5, default: "x", optional: true };
    expect(retyped(field, "array")).toEqual({
      items: { type: "string" },
      type: "array",
      description: "d",
      optional: true,
    });
    expect(retyped(field, "enum")["values"]).toEqual([]);
    expect(retyped(field, "string")["max_length"]).toBe(5);
  });

  it("show the bounds of their type, and those that are there all the same", () => {
    expect(takes({ type: "string" }, "max_length")).toBe(true);
    expect(takes({ type: "string" }, "minimum")).toBe(false);
    expect(takes({ type: "string", minimum: 1 }, "minimum")).toBe(true);
  });

  it("get a name that is free", () => {
    expect(freeName({})).toBe("field");
    expect(freeName({ field: {}, field_2: {} })).toBe("field_3");
  });

  it("are renamed, but not onto another one", () => {
    const doc: Json = { request: { a: {}, b: {} } };
    expect(renamed(doc, "/request/a", "c")).toEqual([{ op: "move", from: "/request/a", path: "/request/c" }]);
    for (const name of ["", "a", "b"]) expect(renamed(doc, "/request/a", name)).toEqual([]);
  });
});

describe("prompts", () => {
  const messages: JsonObject = {
    messages: [
      { role: "system", content: "s" },
      { role: "user", content: "u" },
    ],
  };
  const template: JsonObject = { system: "s", template: "u" };

  it("are of one form", () => {
    expect([
      promptForm(messages),
      promptForm(template),
      promptForm({ use: "x" }),
      promptForm(undefined),
    ]).toEqual(["messages", "template", "use", "template"]);
  });

  it("go from one to the other and back", () => {
    expect(reformed(template, "messages")).toEqual(messages);
    expect(reformed(messages, "template")).toEqual(template);
    expect(reformed({}, "template")).toEqual({ template: "" });
  });
});

describe("what was found", () => {
  const finding = (code: string, pointer: string, more: Partial<Finding> = {}): Finding => ({
    severity: "error",
    code,
    pointer,
    message: "m",
    ...more,
  });

  it("offers the variables that nobody gives", () => {
    const doc: Json = {
      prompt: { template: "{{ text }}\n{% for place in places %}{{ place }}{% endfor %}" },
    };
    const at = (line: number, column: number) =>
      finding("undeclared-variable", "/prompt/template", { within: { line, column, offset: 0 } });
    expect(undeclared(doc, [at(1, 4), at(1, 4), at(2, 17)])).toMatchObject([
      { name: "text", field: { type: "string" } },
      { name: "places", field: { type: "array" } },
    ]);
  });

  it("is told where it is about, unknown keys where they stand", () => {
    const findings = [
      finding("unknown-key", "/model/nme"),
      finding("missing-key", "/model"),
      finding("wrong-type", "/model/name"),
    ];
    expect(about(findings, "/model").map(({ code }) => code)).toEqual(["unknown-key", "missing-key"]);
    expect(troubled(findings, "/mod")).toBe(false);
    expect(troubled(findings, "/model/name")).toBe(true);
  });
});

it("items go to the end of a list, though it be new", () => {
  const doc: Json = { tests: [{ request: {} }] };
  expect(get(apply(doc, appended(doc, "/tests", { a: 1 })), "/tests/1")).toEqual({ a: 1 });
  expect(get(apply({}, appended({}, "/model/fallback", { a: 1 })), "/model/fallback/0")).toEqual({ a: 1 });
});
