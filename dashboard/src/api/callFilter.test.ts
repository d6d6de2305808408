import { expect, it } from "vitest";
import { callQuery, exportAddress, isTold, mayBeWanted } from "./callFilter";

it("asks for what the filter says, and for nothing else", () => {
  expect(callQuery({}, 0)).toEqual({});
  const now = Date.UTC(2026, 0, 2);
  expect(
    callQuery({ endpoint: "hello", status: "5xx", text: "refund", min_latency_ms: 50, within: "24h" }, now),
  ).toEqual({
    endpoint: "hello",
    status: "5xx",
    text: "refund",
    min_latency_ms: 50,
    since: "2026-01-01T00:00:00.000Z",
  });
});

it("asks for a chosen time as it is", () => {
  const time = { since: "2026-01-01T00:00:00.000Z", until: "2026-01-01T00:30:00.000Z" };
  expect(callQuery({ ...time, model: "echo" }, 0)).toEqual({ ...time, model: "echo" });
  expect(isTold(time)).toBe(true);
});

it("an export is of the same calls", () => {
  expect(exportAddress({ text: "a b", max_cost_usd: 0.5 }, "csv", 0)).toBe(
    "/api/calls/export?text=a+b&max_cost_usd=0.5&format=csv",
  );
});

const CALL = {
  call_id: "c",
  time: "2026-01-01T00:00:00Z",
  endpoint_name: "hello",
  source: "call",
  status: 504,
  error_type: "timeout",
  model: "echo",
  total_us: 30_000,
  cost_micro_usd: 2_000,
};

it.each([
  [{}, true],
  [{ endpoint: "hello" }, true],
  [{ endpoint: "other" }, false],
  [{ status: "5xx" }, true],
  [{ status: "4xx" }, false],
  [{ status: "504" }, true],
  [{ status: "502" }, false],
  [{ endpoint: "other", status: "504" }, false],
  [{ source: "try" }, false],
  [{ error_type: "timeout", model: "echo" }, true],
  [{ min_latency_ms: 30, max_latency_ms: 30 }, true],
  [{ min_latency_ms: 31 }, false],
  [{ max_cost_usd: 0.001 }, false],
  [{ min_cost_usd: 0.001, within: "1h" }, true],
  [{ since: "2026-01-01T00:00:00.000Z" }, true],
  [{ since: "2026-01-01T00:00:01.000Z" }, false],
  [{ until: "2026-01-01T00:00:00.000Z" }, false],
  [{ until: "2026-01-01T00:00:01.000Z", status: "5xx" }, true],
  [{ text: "whatever", user: "ada" }, true],
] as const)("a call of hello with 504 beside %o", (filter, wanted) =>
  expect(mayBeWanted(CALL, filter)).toBe(wanted),
);

it("says what is not told of a call", () => {
  expect(isTold({ endpoint: "hello", status: "5xx", within: "1h" })).toBe(true);
  expect(isTold({ text: "refund" })).toBe(false);
  expect(isTold({ key: "web" })).toBe(false);
});
