/** What an event means for what was loaded. Pure, so that a table tests it. */
import type { Change } from "./told";

/** A place in the cache: of all that begins with it, or, where it is marked, of it alone. */
export type Place = readonly unknown[] | { exactly: readonly unknown[] };

export interface Effect {
  /** What is to be asked for again. */
  stale: Place[];
  /** What is known without asking: members of the thing with this id, wherever it is in these lists and details. */
  put?: { into: readonly unknown[]; id: string; fields: Record<string, unknown> };
  /** Whether it may concern what somebody may do, and where. */
  me?: boolean;
}

/** Where a thing is shown, and what of it its events carry in the API's words. */
const SHOWN: Record<string, { into: readonly string[]; members: readonly string[] }> = {
  // A page of a prompt goes where its name leads.
  prompt: { into: ["prompts"], members: ["name"] },
  deployment: { into: ["deployments"], members: ["status", "error", "finished"] },
  credential: { into: ["credentials"], members: ["shown", "version", "changed", "checked", "refusal"] },
  key: { into: ["keys"], members: ["shown", "expires", "revoked"] },
  member: { into: ["members"], members: ["name", "email", "role"] },
};

/** Where a deployment has come to its end. */
const FINAL = new Set(["live", "failed", "cancelled", "superseded"]);

type Rule = (change: Change, word: string) => Place[];

const exactly = (...place: unknown[]): Place => ({ exactly: place });

const RULES: Record<string, Rule> = {
  prompt: ({ name }, word) => [
    ["prompts", "list"],
    ["prompts", "named"],
    ["prompts", "one", name],
    ...(word === "changed" ? [] : [["prompts", "versions", name]]),
    ...(word === "label_moved"
      ? [
          ["prompts", "moves", name],
          ["prompts", "uses", name],
        ]
      : []),
  ],
  endpoint: ({ name }, word) => [
    exactly("endpoints"),
    ["endpoints", name],
    // Which endpoints refer to a prompt, and what of it serves.
    ["prompts", "uses"],
    ["prompts", "list"],
    ["prompts", "one"],
    ...(word === "saved" ? [] : [["environments"]]),
  ],
  deployment: ({ id, name }, word) => [
    exactly("deployments", id),
    exactly("endpoints"),
    exactly("endpoints", name),
    ["status"],
    ...(word === "queued" || FINAL.has(word) ? [["deployments", "list"]] : []),
  ],
  credential: () => [["credentials"], ["environments"]],
  key: () => [["keys"]],
  // With an environment goes all that is in it.
  environment: (_, word) => (word === "deleted" ? [[]] : [["environments"]]),
  invitation: () => [["invitations"]],
  member: () => [["members"]],
  organization: () => [["me"]],
  label_rule: () => [["label-rules"]],
};

/** What a change means to somebody. A server that is newer may tell of more than is known here. */
export function effectOf(change: Change, person: string): Effect {
  const [subject = "", word = ""] = change.type.split(".");
  const rule = RULES[subject];
  if (!rule) return { stale: [[]] };
  const name = change.name ?? undefined;
  const me = subject === "organization" || (subject === "member" && change.id === person);
  const shown = SHOWN[subject];
  return {
    stale: rule(change, word),
    ...(shown && change.id
      ? { put: { into: shown.into, id: change.id, fields: pick({ ...change.data, name }, shown.members) } }
      : {}),
    ...(me ? { me } : {}),
  };
}

const pick = (data: Record<string, unknown>, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.filter((name) => data[name] !== undefined).map((name) => [name, data[name]]));

/** Calls that came: feeds of the newest, figures, and what was looked for in vain. Lists do not move under a reader. */
export const CALLS: Place[] = [
  ["calls", "newest"],
  ["calls", "figures"],
];

/** A thing, by itself or in its place, a list, or pages of lists, with the thing of this id as it is now; the very same where it is not there. */
export function patched<T>(data: T, id: string, fields: Record<string, unknown>): T {
  if (Array.isArray(data)) {
    const now = data.map((item: unknown) => patched(item, id, fields));
    return now.some((item, index) => item !== data[index]) ? (now as T) : data;
  }
  if (typeof data !== "object" || data === null) return data;
  const thing = data as Record<string, unknown>;
  if (thing["id"] === id) return { ...data, ...fields };
  for (const part of ["items", "pages", "prompt"]) {
    const now = patched(thing[part], id, fields);
    if (now !== thing[part]) return { ...data, [part]: now };
  }
  return data;
}
