/** What can be said of prompts without asking. */
import type { ApiError } from "../api/problem";
import type { LabelRule, PromptUse, Role, StoredPrompt } from "../api/types";
import { ROLES } from "../people/roles";

/** The folders of a name, with their last `/`, and what comes behind them. */
export function parted(name: string): { folder: string; own: string } {
  const end = name.lastIndexOf("/") + 1;
  return { folder: name.slice(0, end), own: name.slice(end) };
}

/** All tags of some prompts; the one that is looked at is among them in any case. */
export function tagsOf(prompts: readonly Pick<StoredPrompt, "tags">[], chosen: string | undefined): string[] {
  const tags = new Set(prompts.flatMap(({ tags }) => tags));
  if (chosen !== undefined) tags.add(chosen);
  return [...tags].sort();
}

/** All folders of some names, each with those around it. */
export function foldersOf(names: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const name of names) {
    for (let end = name.indexOf("/"); end >= 0; end = name.indexOf("/", end + 1)) {
      folders.add(name.slice(0, end + 1));
    }
  }
  return [...folders].sort();
}

/** Words that somebody has written with commas or spaces between them. */
export const wordsOf = (text: string): string[] => [...new Set(text.split(/[\s,]+/).filter(Boolean))];

/** A name that is free: the wanted one, or that with a number. */
export function freeName(wanted: string, taken: readonly string[]): string {
  const names = new Set(taken);
  if (!names.has(wanted)) return wanted;
  let number = 2;
  while (names.has(`${wanted}-v${number}`)) number++;
  return `${wanted}-v${number}`;
}

/** How an endpoint refers to a prompt, best by the label that says what is good. */
export function reference({ name, labels }: Pick<StoredPrompt, "name" | "labels">): string {
  const label = labels.find(({ label }) => label === "production") ?? labels[0];
  return `${name}@${label?.label ?? "production"}`;
}

/** The same where there is a label; where there is none, the newest version. */
export const labelled = (prompt: Pick<StoredPrompt, "name" | "labels">): string =>
  prompt.labels.length > 0 ? reference(prompt) : prompt.name;

export const snippet = (prompt: Pick<StoredPrompt, "name" | "labels">): string =>
  `[prompt]\nuse = "${reference(prompt)}"`;

const ORDER = Object.keys(ROLES) as Role[];

/** Why somebody of a role cannot move a label; null where they can. */
export function labelBlocked(label: string, role: Role | null, rules: readonly LabelRule[]): string | null {
  const needed = rules.find((rule) => rule.label === label)?.role ?? "developer";
  if (role !== null && ORDER.indexOf(role) >= ORDER.indexOf(needed)) return null;
  return `Moving ${label} takes the role ${needed}, and yours is ${role ?? "unknown"}.`;
}

/** Endpoints that refer to a prompt by a label. */
export const namedBy = (uses: readonly PromptUse[], label: string): string[] => [
  ...new Set(uses.filter(({ use }) => use.endsWith(`@${label}`)).map(({ endpoint }) => endpoint)),
];

/** Endpoints of which the newest version, or one that serves, uses a prompt. */
export const servedBy = (uses: readonly PromptUse[]): string[] => [
  ...new Set(uses.filter(({ newest, live }) => newest || live.length > 0).map(({ endpoint }) => endpoint)),
];

/** Those for whose sake something was not done to a prompt. */
function listed({ kind, problem }: ApiError, member: string): string[] {
  const names = kind === "prompt-in-use" ? problem?.[member] : null;
  return Array.isArray(names) ? names.map(String) : [];
}

export const usersIn = (refused: ApiError): string[] => listed(refused, "endpoints");

/** API keys that were made for it: programs that have them say its name. */
export const keysIn = (refused: ApiError): string[] => listed(refused, "keys");

/** Why a text cannot be a label; null where it can. */
export function labelError(label: string): string | null {
  if (label === "latest") return "A prompt without @ means its newest version already.";
  return /^[a-z][a-z0-9-]{0,31}$/.test(label)
    ? null
    : "A lower-case letter, then at most 31 lower-case letters, digits or hyphens.";
}
