import { describe, expect, it } from "vitest";
import type { Attempt, Call } from "../api/types";
import { absence, arrived, neighbours, readable, toneOf, waterfall } from "./rules";

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

it("nothing arrives twice", () => {
  const call = (call_id: string) => ({ call_id }) as Call;
  expect(arrived([call("c"), call("b")], [call("b"), call("a")]).map(({ call_id }) => call_id)).toEqual([
    "c",
    "b",
    "a",
  ]);
});
