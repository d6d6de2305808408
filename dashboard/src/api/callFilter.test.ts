import { expect, it } from "vitest";
import { callQuery, isWanted } from "./callFilter";

it("asks for what the filter says, and for nothing else", () => {
  expect(callQuery({}, 0)).toEqual({});
  const now = Date.UTC(2026, 0, 2);
  expect(callQuery({ endpoint: "hello", status: "5xx", within: "24h" }, now)).toEqual({
    endpoint: "hello",
    status: "5xx",
    since: "2026-01-01T00:00:00.000Z",
  });
});

it.each([
  [{}, true],
  [{ endpoint: "hello" }, true],
  [{ endpoint: "other" }, false],
  [{ status: "5xx" }, true],
  [{ status: "4xx" }, false],
  [{ status: "504" }, true],
  [{ status: "502" }, false],
  [{ endpoint: "other", status: "504" }, false],
])("a call of hello with 504 beside %o", (filter, wanted) =>
  expect(isWanted({ endpoint_name: "hello", status: 504 }, filter)).toBe(wanted),
);
