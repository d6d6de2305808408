import { describe, expect, it } from "vitest";
import type { BudgetState } from "../api/types";
import { limitOf, partsOf, shareOf, spentShare, standing } from "./budget";

it("an amount is written as it is read", () => {
  expect(partsOf("1.5 USD/day")).toEqual({ amount: "1.5", per: "day" });
  expect(limitOf(" 1.5 ", "day")).toBe("1.5 USD/day");
});

it.each(["", "0", "0.000000", "-1", "1e3", "1,5", "0.0000001", "many"])("%j is no amount", (text) =>
  expect(limitOf(text, "day")).toBeNull(),
);

it("a share is up to all of it, and may be left out", () => {
  expect(["80", " 100 ", "0.5", ""].map(shareOf)).toEqual([0.8, 1, 0.005, null]);
  expect(["0", "-5", "101", "x"].map(shareOf)).toEqual([undefined, undefined, undefined, undefined]);
});

describe("a budget", () => {
  const state = (spent: string, soft?: number): BudgetState => ({
    budget: { limit: "10 USD/month", hard: true, ...(soft === undefined ? {} : { soft }) },
    spent_usd: spent,
    resets: "2026-12-01T00:00:00Z",
    holds_endpoints: true,
  });

  it.each([
    [state("0.000000"), 0, "Within it"],
    [state("8.000000"), 0.8, "Within it"],
    [state("8.000000", 0.8), 0.8, "Nearly spent"],
    [state("10.000000", 0.8), 1, "Spent"],
    [state("12.500000"), 1.25, "Spent"],
  ])("of which so much is spent stands so: %#", (state, share, word) => {
    expect(spentShare(state)).toBe(share);
    expect(standing(state)?.word).toBe(word);
  });

  it("that nobody has set stands nowhere", () => {
    const none = { budget: null, spent_usd: null, resets: null, holds_endpoints: true };
    expect([spentShare(none), standing(none)]).toEqual([null, null]);
  });
});
