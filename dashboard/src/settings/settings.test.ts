import { describe, expect, it } from "vitest";
import { ApiError } from "../api/problem";
import type { Definition, ModelRef } from "../api/types";
import {
  auditQuery,
  differences,
  exportAddress,
  namedBy,
  originWords,
  stateOf,
  subjectWords,
  usersIn,
} from "./rules";

it.each([
  [{ checked: null, refusal: null }, "Not checked"],
  [{ checked: "2026-11-25T12:00:00Z", refusal: null }, "Accepted"],
  [{ checked: "2026-11-25T12:00:00Z", refusal: "invalid key" }, "Refused"],
])("a key with %j is %s", (credential, word) => expect(stateOf(credential).word).toBe(word));

describe("a key", () => {
  const model = (provider: string, credential?: string) => ({ provider, name: "m", credential }) as ModelRef;
  const endpoint = (name: string, first: ModelRef, more: Partial<Definition["model"]> = {}) => ({
    name,
    model: { ...first, ...more },
  });

  it("is named by a model, a fallback and a share", () => {
    const all = [
      endpoint("a", model("openai")),
      endpoint("b", model("openai", "team")),
      endpoint("c", model("anthropic"), { fallback: [model("openai")] }),
      endpoint("d", model("anthropic"), { split: [{ ...model("openai"), weight: 10 }] }),
      endpoint("e", model("anthropic")),
    ];
    expect(namedBy({ provider: "openai", name: "default" }, all)).toEqual(["a", "c", "d"]);
    expect(namedBy({ provider: "openai", name: "team" }, all)).toEqual(["b"]);
  });

  it("is not deleted for the sake of those that a refusal names", () => {
    const users = [{ endpoint: "a", environment: "staging" }];
    const refused = (kind: string) =>
      new ApiError("problem", "", {
        type: `urn:promptpilot:problem:${kind}`,
        title: "",
        status: 409,
        detail: "",
        users,
      });
    expect(usersIn(refused("credential-in-use"))).toEqual(users);
    expect(usersIn(refused("credential-not-found"))).toBeNull();
  });
});

describe("the log", () => {
  const now = Date.parse("2026-11-25T12:00:00Z");

  it("is asked for as it is filtered, and exported so", () => {
    const filter = { subject: "api-key", within: "1h" as const };
    expect(auditQuery(filter, now)).toEqual({ subject: "api-key", since: "2026-11-25T11:00:00.000Z" });
    expect(exportAddress({}, now)).toBe("/api/audit/export");
    expect(exportAddress({ actor: "a@b.c" }, now)).toBe("/api/audit/export?actor=a%40b.c");
  });

  it.each([
    [null, { name: "x", on: null }, [{ key: "name", before: null, after: "x" }]],
    [{ name: "x" }, null, [{ key: "name", before: "x", after: null }]],
    [{ a: 1, b: [1] }, { a: 1, b: [2] }, [{ key: "b", before: "[1]", after: "[2]" }]],
    [null, null, []],
  ])("of %j and %j shows what differs", (before, after, found) =>
    expect(differences({ before, after })).toEqual(found),
  );

  it("says in words what was done to what, and by which way", () => {
    expect([subjectWords("api-key"), subjectWords("member"), subjectWords("some-thing")]).toEqual([
      "API key",
      "member",
      "some thing",
    ]);
    expect(originWords({ origin: null })).toBe("the system itself");
    expect(originWords({ origin: { via: "session", address: "::1" } })).toBe("a browser, from ::1");
  });
});
