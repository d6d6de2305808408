/** What this browser knows of runs beyond their records: what was written when they were made. */
import type { Call, ListedCall } from "../../api/types";
import type { Written } from "../content";

export interface Note {
  call: string;
  now: Written;
}

/** As many as are kept of a prompt, and characters of all together. */
const KEPT = 30;
const LARGEST = 400_000;

type Store = Pick<Storage, "getItem" | "setItem">;

const key = (place: string): string => `promptpilot.runs.${place}`;

/** The newest first. */
export function notes(store: Store, place: string): Note[] {
  try {
    const read: unknown = JSON.parse(store.getItem(key(place)) ?? "[]");
    return Array.isArray(read)
      ? (read as Note[]).filter(({ call, now }) => typeof call === "string" && now)
      : [];
  } catch {
    return [];
  }
}

/** Notes one more, and forgets the oldest for it. */
export function note(store: Store, place: string, added: Note): void {
  const kept = [added, ...notes(store, place)].slice(0, KEPT);
  while (kept.length > 1 && JSON.stringify(kept).length > LARGEST) kept.pop();
  try {
    store.setItem(key(place), JSON.stringify(kept));
  } catch {
    // A full or closed store keeps nothing; the records are there all the same.
  }
}

/** A run of a prompt. */
export interface PastRun {
  call: Call;
  /** What ran: `@3`, `@production`, or nothing for the newest; null for a text that was no version. */
  reference: string | null;
  /** What was written then, where this browser knows. */
  now: Written | null;
}

/** Those of some calls that are runs of a prompt. Texts that were no version are known to who ran them only. */
export function runsOf(prompt: string, calls: readonly ListedCall[], noted: readonly Note[]): PastRun[] {
  const known = new Map(noted.map(({ call, now }) => [call, now]));
  return calls.flatMap((call): PastRun[] => {
    if (call.source !== "studio") return [];
    const now = known.get(call.call_id) ?? null;
    if (call.prompt?.id === prompt) return [{ call, reference: referenceIn(call.endpoint_name), now }];
    return now === null ? [] : [{ call, reference: null, now }];
  });
}

/** What a record says behind the name that the prompt had then. */
function referenceIn(asked: string): string {
  const at = asked.indexOf("@");
  return at < 0 ? "" : asked.slice(at);
}

/** The values of a recorded run; null where they were not kept whole. */
export function valuesIn({ request }: Pick<Call, "request">): Record<string, unknown> | null {
  if (typeof request?.text !== "string" || request.cut) return null;
  try {
    const values: unknown = JSON.parse(request.text);
    return typeof values === "object" && values !== null && !Array.isArray(values)
      ? (values as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** The version that a reference leads to now; null where it leads to none. */
export function versionIn(
  reference: string,
  { version, labels }: { version: number; labels: readonly { label: string; version: number }[] },
): number | null {
  if (reference === "") return version;
  const wanted = reference.slice(1);
  if (/^\d+$/.test(wanted)) return Number(wanted);
  return labels.find(({ label }) => label === wanted)?.version ?? null;
}
