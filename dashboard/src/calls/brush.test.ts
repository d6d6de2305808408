import { describe, expect, it } from "vitest";
import { barAt, moved, timeOf } from "./brush";

it.each([
  [0, 0],
  [9.9, 0],
  [10, 1],
  [99, 9],
  [100, 9],
  [-5, 0],
  [400, 9],
])("at %d of 100 px is bar %d of 10", (x, bar) => expect(barAt(x, 100, 10)).toBe(bar));

it("there is a bar even where there is no room", () => expect(barAt(3, 0, 10)).toBe(0));

describe("a key at an end", () => {
  const brush = { from: 3, to: 6 };
  it.each([
    ["from", "ArrowLeft", { from: 2, to: 6 }],
    ["from", "ArrowRight", { from: 4, to: 6 }],
    ["from", "End", { from: 6, to: 6 }],
    ["from", "PageUp", { from: 6, to: 6 }],
    ["from", "PageDown", { from: 0, to: 6 }],
    ["to", "ArrowUp", { from: 3, to: 7 }],
    ["to", "Home", { from: 3, to: 3 }],
    ["to", "End", { from: 3, to: 9 }],
    ["to", "PageDown", { from: 3, to: 3 }],
    ["to", "Enter", null],
    ["from", "a", null],
  ] as const)("%s, %s", (end, key, now) => expect(moved(brush, end, key, 10)).toEqual(now));

  it("finds the ends whichever way the bars were chosen", () =>
    expect(moved({ from: 6, to: 3 }, "from", "ArrowRight", 10)).toEqual({ from: 4, to: 6 }));
});

describe("the time of bars", () => {
  const minute = (number: number, second = 0) => new Date(Date.UTC(2026, 0, 1, 12, number, second));
  const bar = (number: number) => ({ at: minute(number).toISOString(), count: 0, errors: 0 });
  const histogram = {
    since: minute(0, 20).toISOString(),
    until: minute(4, 30).toISOString(),
    bucket_s: 60,
    buckets: [0, 1, 2, 3, 4].map(bar),
  };
  it.each([
    ["of one", { from: 2, to: 2 }, [minute(2), minute(3)]],
    ["from the first to the last", { from: 1, to: 3 }, [minute(1), minute(4)]],
    ["chosen backwards", { from: 3, to: 1 }, [minute(1), minute(4)]],
    ["within what was asked for", { from: 0, to: 4 }, [minute(0, 20), minute(4, 30)]],
  ] as const)("%s", (_, brush, [since, until]) =>
    expect(timeOf(histogram, brush)).toEqual({ since: since.toISOString(), until: until.toISOString() }),
  );

  it("is none where there are no bars", () =>
    expect(timeOf({ ...histogram, buckets: [] }, { from: 0, to: 0 })).toBeNull());
});
