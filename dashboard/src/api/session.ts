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

const CHOSEN = "promptpilot.organization";

/** Chooses the organization that is looked at in this browser. */
export const chooseOrganization = (slug: string): void => localStorage.setItem(CHOSEN, slug);

/** The one that was chosen last, or else the one that somebody has been in longest. */
export function meantOrganization(me: Me | null): Me["organizations"][number] | undefined {
  const organizations = me?.organizations ?? [];
  const slug = localStorage.getItem(CHOSEN);
  return organizations.find((organization) => organization.slug === slug) ?? organizations[0];
}

/** The address with the organization that is meant, where somebody is in several. */
export function inOrganization(address: string): string {
  const meant = meantOrganization(known);
  if (!meant || known?.organizations.length === 1) return address;
  return `${address}${address.includes("?") ? "&" : "?"}org=${encodeURIComponent(meant.slug)}`;
}
