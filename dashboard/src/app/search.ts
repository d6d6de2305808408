/** What addresses may say after `?`. Whatever is not understood is left out. */
import { CACHES, NUMBERS, SOURCES, WITHIN, WORDS, type CallFilter } from "../api/callFilter";

type Search = Record<string, unknown>;

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}

export const TABS = ["call", "versions", "code", "settings"] as const;
export type Tab = (typeof TABS)[number];

export const endpointSearch = (search: Search): { tab?: Tab } => {
  const tab = TABS.find((known) => known === search["tab"]);
  return tab === undefined || tab === "call" ? {} : { tab };
};

export interface PromptsSearch {
  q?: string;
  tag?: string;
  /** With its last `/`. */
  folder?: string;
  /** Those that were deleted, instead of those that are there. */
  deleted?: boolean;
}

export const promptsSearch = (search: Search): PromptsSearch => ({
  ...optional("q", text(search["q"])),
  ...optional("tag", text(search["tag"])),
  ...optional("folder", text(search["folder"])),
  ...(search["deleted"] === true ? { deleted: true } : {}),
});

export const PROMPT_TABS = ["versions", "runs", "labels", "uses"] as const;
export type PromptTab = (typeof PROMPT_TABS)[number];

export interface PromptSearch {
  v?: number;
  tab?: PromptTab;
  /** What is compared, as `prompts/compare/variants.ts` reads it; there at all where anything is. */
  compare?: string;
}

export const promptSearch = (search: Search): PromptSearch => {
  const version = Number(search["v"]);
  const tab = PROMPT_TABS.find((known) => known === search["tab"]);
  return {
    ...(Number.isInteger(version) && version > 0 ? { v: version } : {}),
    ...(tab === undefined || tab === "versions" ? {} : { tab }),
    ...optional("compare", text(search["compare"])),
  };
};

/** A starter, or the prompt that it is to be of. */
export const newEndpointSearch = (search: Search): { from?: string; prompt?: string } => ({
  ...optional("from", text(search["from"])),
  ...optional("prompt", text(search["prompt"])),
});

export const designSearch = (search: Search): { at?: number } => {
  const at = Number(search["at"]);
  return Number.isInteger(at) && at > 0 ? { at } : {};
};

export const deploymentsSearch = (search: Search): { endpoint?: string } =>
  optional("endpoint", text(search["endpoint"]));

export const deploymentSearch = (search: Search): { line?: number; q?: string } => {
  const line = Number(search["line"]);
  return { ...(Number.isInteger(line) && line > 0 ? { line } : {}), ...optional("q", text(search["q"])) };
};

/** What the link of a letter carries. */
export const tokenSearch = (search: Search): { token?: string } => optional("token", text(search["token"]));

export const deviceSearch = (search: Search): { code?: string } => optional("code", text(search["code"]));

export interface CallsSearch extends CallFilter {
  call?: string;
}

const amount = (value: unknown): number | undefined => {
  const number = Number(text(value) ?? NaN);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
};

/** Those members that there are. */
const given = <T extends object>(all: { [K in keyof T]: T[K] | undefined }): Partial<T> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Partial<T>;

/** A moment as the API takes it. */
const instant = (value: unknown): string | undefined => {
  const written = text(value) ?? "";
  const at = /^\d{4}-\d\d-\d\d/.test(written) ? Date.parse(written) : NaN;
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
};

/** A time with a beginning and an end, either of which may be open; or how far back from now. */
const timeIn = (search: Search): Pick<CallFilter, "since" | "until" | "within"> => {
  const [since, until] = [instant(search["since"]), instant(search["until"])];
  const isOne = since === undefined || until === undefined || since < until;
  if (isOne && (since ?? until) !== undefined) return given<CallFilter>({ since, until });
  return given<CallFilter>({ within: WITHIN.find((known) => known === search["within"]) });
};

export const callsSearch = (search: Search): CallsSearch => {
  const words = Object.fromEntries(WORDS.map((name) => [name, text(search[name])]));
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, amount(search[name])]));
  return given<CallsSearch>({
    ...words,
    ...numbers,
    status: /^[1-5](xx|\d\d)$/.test(words["status"] ?? "") ? words["status"] : undefined,
    text: text(search["text"]),
    source: SOURCES.find((known) => known === search["source"]),
    cache: CACHES.find((known) => known === search["cache"]),
    ...timeIn(search),
    call: text(search["call"]),
  });
};

export interface AuditSearch {
  subject?: string;
  actor?: string;
  within?: (typeof WITHIN)[number];
}

export const auditSearch = (search: Search): AuditSearch => {
  const within = WITHIN.find((known) => known === search["within"]);
  return {
    ...optional("subject", text(search["subject"])),
    ...optional("actor", text(search["actor"])),
    ...(within === undefined ? {} : { within }),
  };
};
