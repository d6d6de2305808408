/** What call records say to people. */
import type { Attempt, Call, CallBody, CallDetail, CallHistogram } from "../api/types";
import type { Tone } from "../ui/Badge";

export function toneOf({ status }: Pick<Call, "status">): Tone {
  if (status >= 500) return "bad";
  return status >= 400 ? "warn" : "good";
}

/** Whether an endpoint was called; behind a run of a prompt stands none, and no deployment. */
export const isServed = ({ endpoint_version }: Pick<Call, "endpoint_version">): boolean =>
  endpoint_version > 0;

/** A kept body as people read it: JSON laid out, anything else as it is. */
export function readable(body: CallBody): string {
  if (body.text === null || body.text === undefined) return "";
  if (body.cut) return body.text;
  try {
    return JSON.stringify(JSON.parse(body.text), null, 2);
  } catch {
    return body.text;
  }
}

/** Why there is no body, in a sentence; null where there is one. */
export function absence(body: CallBody | null | undefined): string | null {
  if (!body) return "Not kept: the endpoint's `log` says so, or there was none.";
  return typeof body.text === "string"
    ? null
    : `Not text: ${body.size} bytes, SHA-256 ${body.sha256 ?? "unknown"}.`;
}

/** A part of a call's time. */
export interface Span {
  word: string;
  /** Where it begins and how long it is, in µs. */
  start: number;
  length: number;
  failed: boolean;
  /** Whether its place is known, or only its length. */
  exact: boolean;
}

/**
 * Where the time went: our own part, then the attempts one after another. Records have no starting times of
 * attempts; with a hedge, two run at once, so that together they may be longer than the call.
 */
export function waterfall(call: Pick<Call, "total_us" | "overhead_us" | "backoff_us" | "attempts">): Span[] {
  const spans: Span[] = [
    { word: "check, render, answer", start: 0, length: call.overhead_us, failed: false, exact: false },
  ];
  const waits = Math.max(0, call.attempts.length - 1);
  let at = call.overhead_us;
  for (const [index, attempt] of call.attempts.entries()) {
    const start = Math.min(at, Math.max(0, call.total_us - attempt.duration_us));
    spans.push({
      word: name(attempt),
      start,
      length: attempt.duration_us,
      failed: typeof attempt.error === "string",
      exact: index === 0,
    });
    at = start + attempt.duration_us + (waits > 0 ? call.backoff_us / waits : 0);
  }
  return spans;
}

const name = ({ provider, model, error }: Attempt): string =>
  `${provider} ${model}${error ? ` (${error})` : ""}`;

/** The neighbours of a call in the list as it is shown. */
export function neighbours(
  ids: readonly string[],
  id: string,
): { before: string | null; after: string | null } {
  const at = ids.indexOf(id);
  if (at < 0) return { before: null, after: ids[0] ?? null };
  return { before: ids[at - 1] ?? null, after: ids[at + 1] ?? null };
}

/** Why a call cannot be made again. */
export const NOT_REPLAYABLE: Record<NonNullable<CallDetail["not_replayable"]>, string> = {
  "no-endpoint": "It was no call of an endpoint.",
  "body-not-kept": "Its request was not kept whole: the endpoint's `log` says so.",
  "body-not-json": "Its request was no JSON.",
  "body-sensitive": "Parts of its request are sensitive, and were not kept.",
};

/** All calls of a time, as bars and in sum. */
export function totals({ buckets }: Pick<CallHistogram, "buckets">): {
  count: number;
  errors: number;
  most: number;
} {
  return {
    count: buckets.reduce((sum, { count }) => sum + count, 0),
    errors: buckets.reduce((sum, { errors }) => sum + errors, 0),
    most: Math.max(1, ...buckets.map(({ count }) => count)),
  };
}
