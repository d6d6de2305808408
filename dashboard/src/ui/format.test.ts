import { describe, expect, it } from "vitest";
import { ago, bytes, money, plural, span, stretch } from "./format";

describe("money", () => {
  it.each([
    [null, "–"],
    [0, "$0"],
    [1, "$0.000001"],
    [42, "$0.000042"],
    [420, "$0.00042"],
    [15_000, "$0.015"],
    [250_000, "$0.25"],
    [1_234_567, "$1.23"],
  ])("%s micro-USD are %s", (micro, text) => expect(money(micro)).toBe(text));
});

describe("span", () => {
  it.each([
    [undefined, "–"],
    [0.234, "0.23 ms"],
    [12.6, "13 ms"],
    [1234, "1.23 s"],
    [12_345, "12.3 s"],
    [125_000, "2 min 5 s"],
    [7_260_000, "2 h 1 min"],
  ])("%s ms are %s", (ms, text) => expect(span(ms)).toBe(text));
});

describe("ago", () => {
  const now = Date.parse("2026-11-25T12:00:00Z");
  it.each([
    ["2026-11-25T11:59:58Z", "just now"],
    ["2026-11-25T11:58:00Z", "2m ago"],
    ["2026-11-25T09:00:00Z", "3h ago"],
    ["2026-11-24T11:00:00Z", "yesterday"],
  ])("%s was %s", (time, text) => expect(ago(time, now)).toBe(text));
});

it("counts in words", () => {
  expect(plural(1, "error")).toBe("1 error");
  expect(plural(12_000, "line")).toBe("12,000 lines");
  expect(bytes(262_144)).toBe("256.0 KiB");
});

describe("a stretch of time", () => {
  const at = (hour: number) => new Date(2026, 0, 1, hour, 30).toISOString();
  it.each([
    [at(9), at(14), /^Jan 1, 2026, 09:30:00\s–\s14:30:00 \(.+\)$/],
    [at(9), undefined, /^since Jan 1, 2026, 09:30:00/],
    [undefined, at(14), /^until Jan 1, 2026, 14:30:00/],
    [undefined, undefined, /^any time$/],
  ])("from %s to %s", (since, until, words) => expect(stretch(since, until)).toMatch(words));
});
