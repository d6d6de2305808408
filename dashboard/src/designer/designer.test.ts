import { checkable, endpointName } from "./endpointOf";
import { describe, expect, it } from "vitest";
import type { Definition, Finding, Plan } from "../api/types";
import { breaking } from "./breaking";
import { Drafts } from "./draft";
import { fixOf, lockedBy, marks, verdict } from "./findings";
import { requestFields } from "./names";
import { pieces } from "./plan";
import { changeBetween, lineOf, offsetOf, wordAt } from "./places";
import { starter, STARTERS } from "./starters";

describe("places", () => {
  const text = "a = 1\n😀é = {{ langauge }}\n";

  it.each([
    [1, 1, 0],
    [2, 1, 6],
    [2, 2, 8],
    [2, 9, text.indexOf("langauge") + 0],
    [9, 1, text.length],
    [1, 99, 5],
  ])("line %i, column %i is offset %i", (line, column, offset) => {
    expect(offsetOf(text, line, column)).toBe(offset);
  });

  it("marks the word that begins there, or one character", () => {
    expect(wordAt("{{ langauge }}", 3)).toEqual({ from: 3, to: 11 });
    expect(wordAt("{{ x", 0)).toEqual({ from: 0, to: 1 });
    expect(wordAt("", 5)).toEqual({ from: 0, to: 0 });
  });

  it.each([
    ["same", "same", null],
    ["a = 1\n", "a = 12\n", { from: 5, to: 5, insert: "2" }],
    ["aaa", "aa", { from: 2, to: 3, insert: "" }],
    ["", "x", { from: 0, to: 0, insert: "x" }],
    ["a\nb\nc", "a\nX\nc", { from: 2, to: 3, insert: "X" }],
  ])("from %j to %j is one change", (before, after, change) =>
    expect(changeBetween(before, after)).toEqual(change),
  );

  it("finds tables and keys", () => {
    const toml = 'name = "x"\n\n[[prompt.messages]]\nrole = "user"\n[request.text]\ntype = "string"\n';
    expect(lineOf(toml, ["prompt"])).toBe(3);
    expect(lineOf(toml, ["request", "text"])).toBe(5);
    expect(lineOf(toml, ["request", "gone"])).toBe(5);
    expect(lineOf(toml, ["name"])).toBe(1);
    expect(lineOf(toml, ["cache"])).toBeNull();
  });
});

describe("findings", () => {
  const finding: Finding = {
    severity: "error",
    code: "undeclared-variable",
    pointer: "/prompt/template",
    message: "`langauge` is not a request field",
    hint: "did you mean `language`?",
    location: { file: "x.toml", line: 1, column: 4 },
  };

  it("offer the name that was meant", () => {
    expect(fixOf(finding)).toBe("language");
    expect(fixOf({ hint: "add `max_length`" })).toBeNull();
    expect(marks("{{ langauge }}", [finding])).toMatchObject([
      { from: 3, to: 11, severity: "error", fix: "language" },
    ]);
  });

  it("of a value are not mended at its key", () => {
    const value: Finding = { ...finding, code: "unknown-value", pointer: "/model/provider" };
    expect(marks('provider = "sandbx"', [value])).toMatchObject([{ from: 3, fix: null }]);
  });

  it("lock a form where the text cannot be read", () => {
    const syntax: Finding = { ...finding, code: "toml-syntax", message: "no" };
    expect(lockedBy({ findings: [syntax], places: {} })).toMatch(/at line 1 \(no\)/);
    expect(lockedBy({ findings: [finding], places: {}, json: {} })).toBeNull();
    expect(lockedBy(null)).toBeNull();
  });

  it("are summed up", () => {
    expect(verdict([])).toEqual({ tone: "good", words: "No problems" });
    expect(verdict([finding, finding]).words).toBe("2 errors");
    expect(verdict([{ ...finding, severity: "warning" }])).toEqual({ tone: "warn", words: "1 warning" });
  });
});

describe("what callers notice", () => {
  const before = {
    request: { a: { type: "string" }, b: { type: "string", optional: true } },
    response: { format: "json", fields: { x: { type: "string" } } },
    auth: { mode: "public" },
  } as unknown as Definition;
  const after = (more: object): Plan =>
    ({ request: before.request, response: before.response, public: true, ...more }) as unknown as Plan;

  it("is nothing where all stays", () => expect(breaking(before, after({}))).toEqual([]));

  it.each([
    ["a field that is gone", { request: { b: { type: "string", optional: true } } }, "a is gone"],
    ["a new field", { request: { ...before.request, c: { type: "string" } } }, "c is new"],
    [
      "a field that must be there now",
      { request: { a: { type: "string" }, b: { type: "string" } } },
      "b may not",
    ],
    ["another type", { request: { ...before.request, a: { type: "integer" } } }, "a has another type"],
    ["an answer without a field", { response: { format: "json", fields: {} } }, "no x"],
    ["a key", { public: false }, "need a key"],
  ])("is %s", (_, more, words) => {
    expect(breaking(before, after(more)).join()).toContain(words);
  });

  it("is not a new field that may be left out", () => {
    expect(
      breaking(before, after({ request: { ...before.request, c: { type: "string", optional: true } } })),
    ).toEqual([]);
  });
});

describe("drafts", () => {
  function store(): Storage {
    const map = new Map<string, string>();
    return {
      getItem: (key: string) => map.get(key) ?? null,
      setItem: (key: string, value: string) => void map.set(key, value),
      removeItem: (key: string) => void map.delete(key),
      key: (index: number) => [...map.keys()][index] ?? null,
      get length() {
        return map.size;
      },
      clear: () => map.clear(),
    };
  }
  const draft = (toml: string, at: number) => ({ toml, base: 3, at });

  it("belong to their tab, and are offered to others", () => {
    const shared = store();
    const [one, two] = [new Drafts(shared, "one"), new Drafts(shared, "two")];
    one.keep("acme/hello", draft("mine", 1));
    expect(one.own("acme/hello")).toEqual(draft("mine", 1));
    expect(two.own("acme/hello")).toBeNull();
    expect(two.other("acme/hello")).toMatchObject(draft("mine", 1));
    expect(two.other("acme/hello-2")).toBeNull();
    expect(one.own("globex/hello")).toBeNull();
    expect(two.other("globex/hello")).toBeNull();
    one.drop("acme/hello");
    expect(two.other("acme/hello")).toBeNull();
  });

  it("that are old or broken are forgotten", () => {
    const shared = store();
    const drafts = new Drafts(shared, "one");
    drafts.keep("old", draft("x", 0));
    shared.setItem("promptpilot.draft.bad.one", "{");
    drafts.sweep(365 * 86_400_000);
    expect(shared.length).toBe(0);
  });

  it("say so where a browser keeps nothing", () => {
    const full = store();
    full.setItem = () => {
      throw new Error("full");
    };
    expect(new Drafts(full, "one").keep("x", draft("x", 1))).toBe(false);
  });
});

it("Jinja is told from text", () => {
  expect(pieces("Hi {{ name }}!{# no #}")).toEqual([
    { text: "Hi ", jinja: false },
    { text: "{{ name }}", jinja: true },
    { text: "!", jinja: false },
    { text: "{# no #}", jinja: true },
  ]);
});

it("names to complete are those of the request", () => {
  expect(
    requestFields('[request.text]\n[ request . "audience" ]\n[request.text]\n[response.fields.x]'),
  ).toEqual(["text", "audience"]);
});

it("starters have names of their own", () => {
  expect(new Set(STARTERS.map(({ id }) => id)).size).toBe(STARTERS.length);
  expect(starter("text")?.title).toBe("Text in, text out");
  expect(starter("nonsense")).toBeUndefined();
});

describe("an endpoint of a prompt", () => {
  const prompt = {
    name: "support/first-reply",
    description: "Reply first",
    labels: [{ label: "production", version: 2 }],
    variables: ["mail"],
    content: { model: { provider: "sandbox", name: "echo" } as const },
  };
  const template = {
    name: "first-reply",
    title: "",
    description: "",
    tags: [],
    variables: ["mail"],
    content: {},
    endpoint: 'name = "first-reply"',
  };

  it("refers to it by its label, and has the fields that its texts ask for", () => {
    expect(checkable(prompt, { mail: { type: "string" } }, [], ["first-reply"])).toEqual({
      file: "endpoint.toml",
      json: {
        name: "first-reply-v2",
        description: "Reply first",
        prompt: { use: "support/first-reply@production" },
        model: { provider: "sandbox", name: "echo" },
        request: { mail: { type: "string" } },
      },
    });
    const { json } = checkable({ ...prompt, labels: [], description: "" }, {}, [], []);
    expect(json).toMatchObject({ prompt: { use: "support/first-reply" } });
    expect(json).not.toHaveProperty("description");
  });

  it("is the library's own where the prompt is of the library", () => {
    const made = checkable(prompt, {}, [template], []);
    expect(made.toml).toBe(template.endpoint);
    expect(made.patch?.map((operation) => "path" in operation && operation.path)).toEqual([
      "/name",
      "/prompt/use",
      "/model",
    ]);
    expect(checkable({ ...prompt, variables: ["mail", "mood"] }, {}, [template], []).json).toBeDefined();
  });

  it("has a name that is short enough and free", () => {
    expect(endpointName({ name: `a/${"b".repeat(60)}` }, [])).toHaveLength(44);
    expect(endpointName({ name: "a/b" }, ["b", "b-v2"])).toBe("b-v3");
  });
});
