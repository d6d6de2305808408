import { describe, expect, it } from "vitest";
import type { Attempt } from "../api/types";
import { amountOf, choices, furtherIn, timeIn, times } from "./filters";
import { absence, neighbours, readable, toneOf, totals, waterfall } from "./rules";

it.each([
  [200, "good"],
  [422, "warn"],
  [502, "bad"],
] as const)("%i is %s", (status, tone) => expect(toneOf({ status })).toBe(tone));

describe("bodies", () => {
  const body = (text: string | null, cut = false) => ({ text, cut, size: 3, sha256: null });

  it("are laid out where they are JSON", () => {
    expect(readable(body('{"a":1}'))).toBe('{\n  "a": 1\n}');
    expect(readable(body('{"a":'))).toBe('{"a":');
    expect(readable(body('{"a":1}', true))).toBe('{"a":1}');
  });

  it("say why they are absent", () => {
    expect(absence(null)).toMatch(/Not kept/);
    expect(absence(body(null))).toMatch(/Not text/);
    expect(absence(body("x"))).toBeNull();
  });
});

describe("the waterfall", () => {
  const attempt = (duration_us: number, error: string | null = null) =>
    ({ provider: "p", model: "m", duration_us, error }) as Attempt;

  it("puts attempts one after another, waits between", () => {
    const call = {
      total_us: 100,
      overhead_us: 10,
      backoff_us: 20,
      attempts: [attempt(30, "timeout"), attempt(40)],
    };
    expect(waterfall(call).map(({ start, length, failed }) => [start, length, failed])).toEqual([
      [0, 10, false],
      [10, 30, true],
      [60, 40, false],
    ]);
  });

  it("never leaves the call", () => {
    const call = { total_us: 50, overhead_us: 5, backoff_us: 0, attempts: [attempt(40), attempt(40)] };
    for (const { start, length } of waterfall(call)) expect(start + length).toBeLessThanOrEqual(50);
  });
});

it("neighbours are those of the list as it is shown", () => {
  expect(neighbours(["a", "b", "c"], "b")).toEqual({ before: "a", after: "c" });
  expect(neighbours(["a"], "x")).toEqual({ before: null, after: "a" });
});

it("bars are summed up", () => {
  const bar = (count: number, errors: number) => ({ at: "2026-01-01T00:00:00Z", count, errors });
  expect(totals({ buckets: [bar(3, 1), bar(0, 0), bar(5, 2)] })).toEqual({ count: 8, errors: 3, most: 5 });
  expect(totals({ buckets: [] })).toEqual({ count: 0, errors: 0, most: 1 });
});

describe("filters", () => {
  it("offer what there is, with how often, and what is chosen already", () => {
    const facets = [{ name: "model", values: [{ value: "echo", count: 3 }], more: false }];
    const words = (name: string, now?: string) => choices(facets, name, now).map(({ label }) => label);
    expect(words("model")).toEqual(["Any", "echo (3)"]);
    expect(words("model", "echo")).toEqual(["Any", "echo (3)"]);
    expect(words("model", "gone")).toEqual(["Any", "gone", "echo (3)"]);
    expect(words("key")).toEqual(["Any"]);
  });

  it.each([
    ["12", 12],
    ["0,5", 0.5],
    ["0", 0],
    ["", undefined],
    ["many", undefined],
    ["-1", undefined],
  ])("read %j as %j", (written, amount) => expect(amountOf(written)).toBe(amount));

  it("have a chosen time among the times, and no other way to get there", () => {
    const time = { since: "2026-01-01T00:00:00.000Z" };
    expect(times(time).map(({ value }) => value)).toEqual(["", "1h", "24h", "7d", timeIn(time)]);
    expect(times({ within: "24h" })).toHaveLength(4);
    expect([timeIn({}), timeIn({ within: "24h" })]).toEqual(["", "24h"]);
  });

  it("say how many of them are out of sight", () => {
    expect(furtherIn({ endpoint: "hello", status: "5xx", text: "a", within: "1h" })).toBe(0);
    expect(furtherIn({ model: "echo", user: "ada", min_cost_usd: 0 })).toBe(3);
  });
});
