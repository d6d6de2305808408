import { describe, expect, it } from "vitest";
import { ApiError } from "../api/problem";
import type { Field } from "../api/types";
import {
  asMessages,
  asRun,
  asTemplate,
  contentOf,
  expected,
  marksIn,
  moved,
  same,
  textsOf,
  withMessage,
  withNumber,
  written,
} from "./content";
import { events, split } from "../api/sse";
import {
  foldersOf,
  freeName,
  keysIn,
  labelBlocked,
  labelError,
  namedBy,
  parted,
  servedBy,
  snippet,
  tagsOf,
  usersIn,
  wordsOf,
} from "./rules";

const TEMPLATE = written({
  prompt: { system: "Be kind.", template: "Greet {{ name }}." },
  values: { name: "Ada", ages: [1, 2] },
});

describe("content", () => {
  it("expects of variables what their samples are, and a text of those without", () => {
    const samples = { name: "Ada", age: 36, share: 0.5, known: true, tags: [1], address: {}, gone: 1 };
    const names = ["name", "age", "share", "known", "tags", "address", "other"];
    expect(Object.values(expected(names, samples)).map(({ type }) => type)).toEqual([
      "string",
      "integer",
      "number",
      "boolean",
      "array",
      "object",
      "string",
    ]);
  });

  it("comes back as it was read", () => {
    const fields: Record<string, Field> = { name: { type: "string" }, ages: { type: "array" } };
    expect(contentOf(TEMPLATE, fields)).toEqual({
      prompt: { system: "Be kind.", template: "Greet {{ name }}." },
      model: { provider: "sandbox", name: "echo" },
      values: { name: "Ada", ages: [1, 2] },
    });
  });

  it("leaves out values that cannot be read and those of variables that are gone", () => {
    const now = { ...TEMPLATE, values: { ...TEMPLATE.values, ages: "[1," } };
    expect(contentOf(now, { ages: { type: "array" } }).values).toEqual({});
  });

  it("says no system message where there is none", () => {
    expect(textsOf({ ...TEMPLATE, system: "" })).toEqual({ template: "Greet {{ name }}." });
  });

  it("is the same whichever way it came about", () => {
    expect(same(TEMPLATE, { ...TEMPLATE, values: { ages: "[\n  1,\n  2\n]", name: "Ada", more: "" } })).toBe(
      true,
    );
    expect(same(TEMPLATE, { ...TEMPLATE, template: "Greet." })).toBe(false);
    expect(same(TEMPLATE, { ...TEMPLATE, model: { ...TEMPLATE.model, temperature: 1 } })).toBe(false);
  });

  it("runs as the version that says it, if one does", () => {
    expect(asRun("a/b", { ...TEMPLATE, values: {} }, TEMPLATE, 3)).toEqual({ use: "a/b@3" });
    expect(asRun("a/b", { ...TEMPLATE, template: "Hi." }, TEMPLATE, 3)).toEqual({
      system: "Be kind.",
      template: "Hi.",
    });
  });

  it("becomes a conversation, and a template again where one can say it", () => {
    const talk = asMessages(TEMPLATE);
    expect(talk.messages?.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(asTemplate(talk)).toEqual({ ...TEMPLATE, messages: null });
    const longer = { ...talk, messages: withMessage(talk.messages ?? []) };
    expect(longer.messages.at(-1)).toEqual({ id: 2, role: "assistant", content: "" });
    expect(asTemplate(longer)).toBeNull();
    expect(moved(longer.messages, 2, 0).map(({ id }) => id)).toEqual([2, 0, 1]);
  });

  it("takes numbers, or none", () => {
    const model = { provider: "sandbox", name: "echo", max_tokens: 5 } as const;
    expect(withNumber(model, "max_tokens", "20").max_tokens).toBe(20);
    expect(withNumber(model, "temperature", "0.").temperature).toBe(0);
    expect(withNumber(model, "max_tokens", " ")).toEqual({ provider: "sandbox", name: "echo" });
    expect(withNumber(model, "max_tokens", "many")).toEqual({ provider: "sandbox", name: "echo" });
  });

  it("marks what was found where it is", () => {
    const finding = {
      severity: "error",
      code: "undeclared",
      pointer: "/prompt/template",
      message: "`nmae` is unknown",
      hint: "did you mean `name`?",
      within: { line: 2, column: 4, offset: 10 },
    } as const;
    expect(marksIn("Hello\n{{ nmae }}", "/prompt/template", [finding])).toEqual([
      {
        from: 9,
        to: 13,
        severity: "error",
        message: "`nmae` is unknown: did you mean `name`?",
        fix: null,
      },
    ]);
    expect(marksIn("Hello", "/prompt/system", [finding])).toEqual([]);
  });
});

describe("events", () => {
  it("are whole or wait", () => {
    expect(split('event: delta\ndata: {"a":1}\n\n: alive\n\nevent: do')).toEqual({
      events: [{ name: "delta", data: '{"a":1}' }],
      rest: "event: do",
    });
    expect(split("data: a\r\ndata: b\r\n\r\n").events).toEqual([{ name: "message", data: "a\nb" }]);
  });

  it("come out of an answer wherever it is cut, within letters as well", async () => {
    const bytes = new TextEncoder().encode("event: delta\ndata: grüß\n\nevent: done\ndata: {}\n\n");
    for (const size of [1, 2, 7, 1000]) {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
          controller.close();
        },
      });
      const seen: string[] = [];
      for await (const { name, data } of events(body)) seen.push(`${name} ${data}`);
      expect(seen).toEqual(["delta grüß", "done {}"]);
    }
  });
});

describe("names", () => {
  it("have folders", () => {
    expect(parted("support/mail/first-reply")).toEqual({ folder: "support/mail/", own: "first-reply" });
    expect(parted("summarize")).toEqual({ folder: "", own: "summarize" });
  });

  it("are free, with a number if need be", () => {
    expect(freeName("a", ["b"])).toBe("a");
    expect(freeName("a", ["a", "a-v2"])).toBe("a-v3");
  });

  it("stand beside tags", () => {
    expect(tagsOf([{ tags: ["b", "a"] }, { tags: ["a"] }], "c")).toEqual(["a", "b", "c"]);
    expect(wordsOf(" a, b  a,")).toEqual(["a", "b"]);
  });
});

describe("labels", () => {
  const rules = [{ label: "production", role: "admin" as const }];
  it.each([
    ["production", "developer", "Moving production takes the role admin, and yours is developer."],
    ["production", "owner", null],
    ["staging", "developer", null],
    ["staging", "viewer", "Moving staging takes the role developer, and yours is viewer."],
  ] as const)("%s moved by a %s", (label, role, why) => expect(labelBlocked(label, role, rules)).toBe(why));

  it.each([
    ["staging", true],
    ["latest", false],
    ["3", false],
    ["Up", false],
  ])("%s may be one: %s", (label, may) => expect(labelError(label) === null).toBe(may));

  it("are referred to", () => {
    const uses = ["a@production", "a@2"].map((use, index) => ({
      endpoint: `e${index}`,
      endpoint_version: 1,
      newest: true,
      live: [],
      use,
      prompt_version: 1,
    }));
    expect(namedBy(uses, "production")).toEqual(["e0"]);
    expect(snippet({ name: "a/b", labels: [{ label: "staging", version: 1 }] })).toBe(
      '[prompt]\nuse = "a/b@staging"',
    );
    expect(snippet({ name: "a", labels: [] })).toBe('[prompt]\nuse = "a@production"');
  });
});

describe("prompts as a whole", () => {
  const use = (endpoint: string, newest: boolean, live: string[]) => ({
    endpoint,
    endpoint_version: 1,
    newest,
    live,
    use: "a@production",
    prompt_version: 1,
  });

  it("stand in folders, and those in others", () => {
    expect(foldersOf(["b/c/d", "a", "b/e"])).toEqual(["b/", "b/c/"]);
  });

  it("are used by what serves and by what would be deployed", () => {
    const uses = [
      use("x", false, ["production"]),
      use("x", true, []),
      use("y", false, []),
      use("z", true, []),
    ];
    expect(servedBy(uses)).toEqual(["x", "z"]);
  });

  it("are not deleted or renamed for the sake of those that a refusal names", () => {
    const users = { endpoints: ["x"], keys: ["web"] };
    const problem = (type: string) => ({ type, title: "", status: 409, detail: "", ...users });
    const refused = (type: string) => new ApiError("problem", "", problem(`urn:promptpilot:problem:${type}`));
    expect(usersIn(refused("prompt-in-use"))).toEqual(["x"]);
    expect(keysIn(refused("prompt-in-use"))).toEqual(["web"]);
    expect(usersIn(refused("prompt-changed"))).toEqual([]);
  });
});
