/** What can be said of credentials and of the audit log. */
import { sinceOf, WITHIN, type Within } from "../api/callFilter";
import type { ApiError } from "../api/problem";
import type { AuditEvent, Credential, Definition } from "../api/types";
import type { Tone } from "../ui/Badge";

/** Providers that take a key. */
export const KEYED = [
  "openai",
  "anthropic",
  "cohere",
  "azure-openai",
  "huggingface",
  "gemini",
  "bedrock",
  "openai-compatible",
];

/** What the last check of a key came to. */
export function stateOf({ checked, refusal }: Pick<Credential, "checked" | "refusal">): {
  tone: Tone;
  word: string;
} {
  if (!checked) return { tone: "plain", word: "Not checked" };
  return refusal ? { tone: "bad", word: "Refused" } : { tone: "good", word: "Accepted" };
}

/** Endpoints whose newest version names a key: as its model's, a fallback's, or that of one that takes a share. */
export function namedBy(
  { provider, name }: Pick<Credential, "provider" | "name">,
  definitions: readonly Pick<Definition, "name" | "model">[],
): string[] {
  const names = ({ model }: Pick<Definition, "model">) =>
    [model, ...(model.fallback ?? []), ...(model.split ?? [])].some(
      (one) => one.provider === provider && (one.credential ?? "default") === name,
    );
  return definitions.filter(names).map(({ name }) => name);
}

/** What serves with a key. */
export interface User {
  endpoint: string;
  environment: string;
}

/** For whose sake a key was not deleted; null where that is not why. */
export function usersIn({ kind, problem }: ApiError): User[] | null {
  if (kind !== "credential-in-use") return null;
  const users = problem?.["users"];
  return Array.isArray(users) ? (users as User[]) : [];
}

export interface AuditFilter {
  subject?: string;
  actor?: string;
  within?: Within;
}

export { WITHIN };

/** The filter as the API takes it. */
export function auditQuery({ subject, actor, within }: AuditFilter, now: number) {
  return {
    ...(subject === undefined ? {} : { subject }),
    ...(actor === undefined ? {} : { actor }),
    ...(within === undefined ? {} : { since: sinceOf(within, now) }),
  };
}

/** An export takes the filter of what is seen. */
export const exportAddress = (filter: AuditFilter, now: number): string => {
  const query = new URLSearchParams(auditQuery(filter, now)).toString();
  return query === "" ? "/api/audit/export" : `/api/audit/export?${query}`;
};

export interface Difference {
  key: string;
  before: string | null;
  after: string | null;
}

/** What a change has changed, key by key. */
export function differences({ before, after }: Pick<AuditEvent, "before" | "after">): Difference[] {
  const [old, now] = [membersOf(before), membersOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((key) => ({ key, before: old.get(key) ?? null, after: now.get(key) ?? null }))
    .filter((difference) => difference.before !== difference.after);
}

function membersOf(value: unknown): Map<string, string> {
  if (value === null || value === undefined) return new Map();
  if (typeof value !== "object" || Array.isArray(value)) return new Map([["", JSON.stringify(value)]]);
  return new Map(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [key, typeof member === "string" ? member : JSON.stringify(member)]),
  );
}

/** What changes are written down of. */
export const SUBJECTS = [
  "organization",
  "member",
  "invitation",
  "access-token",
  "api-key",
  "credential",
  "environment",
  "prompt",
  "endpoint",
  "endpoint-version",
  "deployment",
  "release",
  "variable",
  "calls",
  "password",
  "authenticator",
  "identity",
];

const WORDS: Record<string, string> = {
  "api-key": "API key",
  credential: "provider's key",
  "endpoint-version": "version of",
  release: "what serves of",
  calls: "calls of a user",
  identity: "sign-in by a provider",
};

/** A kind of thing in words. */
export const subjectWords = (subject: string): string => WORDS[subject] ?? subject.replaceAll("-", " ");

const WAYS = new Map([
  ["session", "a browser"],
  ["token", "an access token"],
  ["installation", "the installation's token"],
  ["letter", "the link of a letter"],
  ["sign-in", "signing in"],
  ["oidc", "an OpenID provider"],
]);

/** How somebody came, in words. */
export function originWords({ origin }: Pick<AuditEvent, "origin">): string {
  if (!origin) return "the system itself";
  const by = WAYS.get(origin.via) ?? origin.via;
  return origin.address ? `${by}, from ${origin.address}` : by;
}
