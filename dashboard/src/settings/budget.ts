/** What can be said of an organization's budget. */
import type { BudgetState } from "../api/types";
import type { Tone } from "../ui/Badge";

export const PERIODS = ["hour", "day", "month"] as const;

/** An amount per period, as the API writes it, taken apart. */
export function partsOf(limit: string): { amount: string; per: string } {
  const [amount = "", per = ""] = limit.split("/");
  return { amount: amount.replace("USD", "").trim(), per: per.trim() };
}

/** The other way round; null where the amount is none, or nothing. */
export function limitOf(amount: string, per: string): string | null {
  const text = amount.trim();
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(text) || Number(text) === 0) return null;
  return `${text} USD/${per}`;
}

/** A share from percent; null where there is none, undefined where it is no share. */
export function shareOf(percent: string): number | null | undefined {
  const text = percent.trim();
  if (text === "") return null;
  const share = Number(text) / 100;
  return share > 0 && share <= 1 ? share : undefined;
}

/** What is spent in this period, as a share that may be above 1; null without a budget. */
export function spentShare({ budget, spent_usd }: BudgetState): number | null {
  if (!budget || !spent_usd) return null;
  return Number(spent_usd) / Number(partsOf(budget.limit).amount);
}

/** How it stands, in a word. */
export function standing(state: BudgetState): { word: string; tone: Tone } | null {
  const share = spentShare(state);
  if (share === null) return null;
  if (share >= 1) return { word: "Spent", tone: "bad" };
  const soft = state.budget?.soft ?? null;
  if (soft !== null && share >= soft) return { word: "Nearly spent", tone: "warn" };
  return { word: "Within it", tone: "good" };
}
