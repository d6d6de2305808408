/** Who this browser is to the server: found out once, and anew where the server thinks otherwise. */
import type { components } from "./schema";

export type Me = components["schemas"]["Me"];

let asked: Promise<Me | null> | null = null;
let known: Me | null = null;

export const session = {
  /** Null where nobody is signed in, or the server does not answer. */
  me(): Promise<Me | null> {
    asked ??= ask();
    return asked;
  },
  forget(): void {
    asked = null;
  },
};

async function ask(): Promise<Me | null> {
  try {
    const answer = await fetch("/api/me", { signal: AbortSignal.timeout(10_000) });
    known = answer.ok ? ((await answer.json()) as Me) : null;
  } catch {
    known = null;
  }
  if (known === null) asked = null;
  return known;
}

/** The address with the organization that is meant, where somebody is in several. */
export function inOrganization(address: string): string {
  const organizations = known?.organizations ?? [];
  const [first] = organizations;
  if (organizations.length < 2 || !first) return address;
  return `${address}${address.includes("?") ? "&" : "?"}org=${encodeURIComponent(first.slug)}`;
}
