/** What lists of calls can be kept to. */
import { NUMBERS, type CallFilter, type Within } from "../api/callFilter";
import type { CallFacets } from "../api/types";

interface Choice {
  value: string;
  label: string;
}

export const TIMES: (Choice & { within?: Within })[] = [
  { value: "", label: "Any time" },
  { value: "1h", label: "Last hour", within: "1h" },
  { value: "24h", label: "Last 24 hours", within: "24h" },
  { value: "7d", label: "Last 7 days", within: "7d" },
];

const CHOSEN = "chosen";

/** Whether the time is one that was chosen on the histogram, or written into the address. */
export const isChosen = ({ since, until }: CallFilter): boolean => since !== undefined || until !== undefined;

/** The times to choose from, with the one that is none of them. */
export const times = (filter: CallFilter): Choice[] =>
  isChosen(filter) ? [...TIMES, { value: CHOSEN, label: "Chosen time" }] : TIMES;

export const timeIn = (filter: CallFilter): string => (isChosen(filter) ? CHOSEN : (filter.within ?? ""));

const CLASSES: Choice[] = [
  { value: "", label: "Any status" },
  { value: "2xx", label: "Answered (2xx)" },
  { value: "4xx", label: "Refused (4xx)" },
  { value: "5xx", label: "Failed (5xx)" },
];

/** The statuses to choose from, with the one that the address names. */
export const statuses = (status: string | undefined): Choice[] =>
  status === undefined || CLASSES.some(({ value }) => value === status)
    ? CLASSES
    : [...CLASSES, { value: status, label: status }];

/** Conditions that are chosen from what there is. */
export const PICKS = [
  { name: "environment", label: "Environment" },
  { name: "provider", label: "Provider" },
  { name: "model", label: "Model" },
  { name: "key", label: "API key" },
  { name: "source", label: "Made as" },
  { name: "cache", label: "Cache" },
  { name: "error_type", label: "Error" },
] as const;

/** Conditions that are bounds. */
export const AMOUNTS = [
  { name: "min_latency_ms", label: "Took at least", unit: "ms" },
  { name: "max_latency_ms", label: "Took at most", unit: "ms" },
  { name: "min_cost_usd", label: "Cost at least", unit: "$" },
  { name: "max_cost_usd", label: "Cost at most", unit: "$" },
] as const;

/** How many conditions there are beside those that are always seen. */
export const furtherIn = (filter: CallFilter): number =>
  [...PICKS.map(({ name }) => name), ...NUMBERS, "user" as const].filter((name) => filter[name] !== undefined)
    .length;

/** The values of a facet, each with how often it is there, and the one that is chosen already. */
export function choices(facets: CallFacets["facets"], name: string, now: string | undefined): Choice[] {
  const values = facets.find((facet) => facet.name === name)?.values ?? [];
  const there = values.map(({ value, count }) => ({ value, label: `${value} (${count})` }));
  const own =
    now === undefined || values.some(({ value }) => value === now) ? [] : [{ value: now, label: now }];
  return [{ value: "", label: "Any" }, ...own, ...there];
}

/** A number that somebody wrote; nothing where it is none. */
export function amountOf(written: string | undefined): number | undefined {
  const number = Number(written?.replace(",", ".") || NaN);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}
