/** Which calls lists, figures and exports are of. */
import type { components, operations } from "./schema";

/** How far back a list of calls goes. */
export const WITHIN = ["1h", "24h", "7d"] as const;
export type Within = (typeof WITHIN)[number];

type Source = components["schemas"]["Source2"];
type Cache = components["schemas"]["Cache2"];

/** Conditions that are words, and those that are numbers, by their names in the API. */
export const WORDS = [
  "endpoint",
  "environment",
  "status",
  "provider",
  "model",
  "key",
  "user",
  "error_type",
] as const;
export const NUMBERS = ["min_latency_ms", "max_latency_ms", "min_cost_usd", "max_cost_usd"] as const;
export const SOURCES: readonly Source[] = ["call", "verify", "try", "studio", "prompt"];
export const CACHES: readonly Cache[] = ["off", "hit", "stale", "miss", "bypass"];

export type CallFilter = Partial<
  Record<(typeof WORDS)[number] | "text" | "since" | "until", string> &
    Record<(typeof NUMBERS)[number], number> & { source: Source; cache: Cache; within: Within }
>;

type Query = NonNullable<operations["listCalls"]["parameters"]["query"]>;

const HOUR = 3_600_000;
const MILLISECONDS: Record<Within, number> = { "1h": HOUR, "24h": 24 * HOUR, "7d": 7 * 24 * HOUR };

/** When a span before a time began. */
export const sinceOf = (within: Within, now: number): string =>
  new Date(now - MILLISECONDS[within]).toISOString();

/** The filter as the API takes it at a time, in ms. */
export function callQuery({ within, ...asked }: CallFilter, now: number): Query {
  return { ...asked, ...(within === undefined ? {} : { since: sinceOf(within, now) }) };
}

/** Where a browser gets all of them as a file. */
export function exportAddress(filter: CallFilter, format: "csv" | "jsonl", now: number): string {
  const query = Object.entries({ ...callQuery(filter, now), format }).map(([name, value]) => [
    name,
    String(value),
  ]);
  return `/api/calls/export?${new URLSearchParams(query).toString()}`;
}

/** What is told of a call that has just come. */
type Told = components["schemas"]["CallSummary"];

/** What is told of each condition; of the others, only the server knows. */
const HELD: { [K in keyof CallFilter]?: (call: Told, wanted: NonNullable<CallFilter[K]>) => boolean } = {
  endpoint: (call, name) => call.endpoint_name === name,
  status: ({ status }, wanted) =>
    wanted.endsWith("xx") ? String(status)[0] === wanted[0] : String(status) === wanted,
  model: (call, model) => call.model === model,
  source: (call, source) => call.source === source,
  error_type: (call, type) => call.error_type === type,
  min_latency_ms: ({ total_us }, least) => total_us >= least * 1000,
  max_latency_ms: ({ total_us }, most) => total_us <= most * 1000,
  min_cost_usd: ({ cost_micro_usd }, least) => (cost_micro_usd ?? 0) >= least * 1e6,
  max_cost_usd: ({ cost_micro_usd }, most) => (cost_micro_usd ?? 0) <= most * 1e6,
  within: () => true,
  since: ({ time }, since) => Date.parse(time) >= Date.parse(since),
  until: ({ time }, until) => Date.parse(time) < Date.parse(until),
};

/** Whether a call that has just come belongs to the list, as far as is told. */
export function mayBeWanted(call: Told, filter: CallFilter): boolean {
  return (Object.keys(filter) as (keyof CallFilter)[]).every((name) => holds(call, filter, name));
}

function holds<K extends keyof CallFilter>(call: Told, filter: Pick<CallFilter, K>, name: K): boolean {
  const wanted = filter[name];
  return wanted === undefined || (HELD[name]?.(call, wanted) ?? true);
}

/** Whether that is all there is to know. */
export const isTold = (filter: CallFilter): boolean => Object.keys(filter).every((name) => name in HELD);
