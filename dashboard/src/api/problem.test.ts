import { describe, expect, it } from "vitest";
import { ApiError, sentence } from "./problem";

describe("an answer that says no", () => {
  const from = (status: number, body: unknown) =>
    ApiError.from(new Response(null, { status, headers: { "x-request-id": "r1" } }), body);

  it("has kind, sentence and id", () => {
    const problem = {
      type: "urn:promptpilot:problem:nothing-live",
      title: "Conflict",
      status: 409,
      detail: "nothing is live",
    };
    const error = from(409, problem);
    expect([error.kind, error.message, error.requestId]).toEqual(["nothing-live", "Nothing is live.", "r1"]);
    expect(error.isTransient).toBe(false);
  });

  it("may be anything", () => {
    expect(from(502, "<html>").message).toBe("The server answered 502.");
    expect(from(502, undefined).kind).toBeNull();
  });

  it("may go well in a moment", () => {
    const busy = { type: "urn:promptpilot:problem:database-busy", title: "", status: 503, detail: "busy" };
    expect(from(503, busy).isTransient).toBe(true);
    expect(ApiError.unreachable().isTransient).toBe(true);
  });
});

it("sentences begin large and end", () => {
  expect(sentence("it is so")).toBe("It is so.");
  expect(sentence("Is it?")).toBe("Is it?");
});
