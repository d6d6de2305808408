/** Who this browser is to the server: found out once, and anew where the server thinks otherwise. */
import { connection } from "./connection";
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
    // A page may ask for nothing else.
    if (answer.status === 401) connection.set("signed-out");
  } catch {
    known = null;
  }
  if (known === null) asked = null;
  return known;
}

const CHOSEN = "promptpilot.organization";

const ENVIRONMENT = "promptpilot.environment";

/** The environment that is there from the start. */
export const DEFAULT_ENVIRONMENT = "production";

/** Chooses the organization that is looked at in this browser. */
export function chooseOrganization(slug: string): void {
  localStorage.setItem(CHOSEN, slug);
  // The other one need not have an environment of that name.
  localStorage.removeItem(ENVIRONMENT);
}

/** An organization has another slug: who chose it still means it. */
export function keepChoice(id: string, slug: string): void {
  const before = known?.organizations.find((organization) => organization.id === id)?.slug;
  if (before !== undefined && localStorage.getItem(CHOSEN) === before) localStorage.setItem(CHOSEN, slug);
}

/** Hears when another tab has chosen another organization or environment. */
export function onOtherChoice(listener: () => void): () => void {
  const hear = ({ key, newValue, oldValue }: StorageEvent) => {
    if ((key === CHOSEN || key === ENVIRONMENT) && newValue !== oldValue) listener();
  };
  window.addEventListener("storage", hear);
  return () => window.removeEventListener("storage", hear);
}

/** Chooses the environment that is looked at in this browser. */
export const chooseEnvironment = (name: string): void => localStorage.setItem(ENVIRONMENT, name);

export const meantEnvironment = (): string => localStorage.getItem(ENVIRONMENT) ?? DEFAULT_ENVIRONMENT;

/** The one that was chosen last, or else the one that somebody has been in longest. */
export function meantOrganization(me: Me | null): Me["organizations"][number] | undefined {
  const organizations = me?.organizations ?? [];
  const slug = localStorage.getItem(CHOSEN);
  return organizations.find((organization) => organization.slug === slug) ?? organizations[0];
}

/** The address with the organization that is meant, where somebody is in several, and the environment. */
export function inOrganization(address: string): string {
  const meant = meantOrganization(known);
  const several = meant !== undefined && known?.organizations.length !== 1;
  const there = meantEnvironment();
  // Endpoints serve in each environment by themselves; all else is one for all.
  const asked = there !== DEFAULT_ENVIRONMENT && /\/api\/endpoints(?:[/?]|$)/.test(address);
  const query = new URLSearchParams({
    ...(several ? { org: meant.slug } : {}),
    ...(asked ? { env: there } : {}),
  }).toString();
  return query === "" ? address : `${address}${address.includes("?") ? "&" : "?"}${query}`;
}
