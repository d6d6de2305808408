/** What can be said of a key. */
import type { ApiKey } from "../api/types";
import type { Tone } from "../ui/Badge";

export type State = "active" | "expired" | "revoked";

export function stateOf({ revoked, expires }: Pick<ApiKey, "revoked" | "expires">, now: number): State {
  if (revoked) return "revoked";
  return expires && Date.parse(expires) <= now ? "expired" : "active";
}

export const STATES: Record<State, { word: string; tone: Tone }> = {
  active: { word: "Active", tone: "good" },
  expired: { word: "Expired", tone: "plain" },
  revoked: { word: "Revoked", tone: "plain" },
};

/** What a key opens, in words. */
export function scope({ endpoints, environments }: Pick<ApiKey, "endpoints" | "environments">): string {
  const where = environments ? ` in ${environments.join(", ")}` : "";
  return `${endpoints ? endpoints.join(", ") : "all endpoints"}${where}`;
}

export const LIFETIMES = [
  { value: "", label: "Until it is revoked" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "A year" },
];

const DAY = 86_400_000;

/** When a key of so many days ends; null where it does not. */
export const expiry = (days: string, now: number): string | null =>
  days === "" ? null : new Date(now + Number(days) * DAY).toISOString();
