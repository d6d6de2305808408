/** What a browser brings along that signed in elsewhere: behind the `#` of the address, which no server sees. */
import { chooseOrganization } from "../api/session";

export interface Arrival {
  /** A code completes the sign-in. */
  challenge: string | null;
  /** The kind of problem for which nobody was signed in. */
  refused: string | null;
  /** The organization that was joined along the way. */
  organization: string | null;
}

export function arrivalOf(hash: string): Arrival {
  const told = new URLSearchParams(hash.replace(/^#/, ""));
  return {
    challenge: told.get("challenge"),
    refused: told.get("sign-in"),
    organization: told.get("organization"),
  };
}

const NOTHING = arrivalOf("");
let arrived = NOTHING;

export const arrival = {
  get: (): Arrival => arrived,
  forget: (): void => {
    arrived = NOTHING;
  },
};

/** Takes it out of the address, before anything else looks there. */
export function arrive(): void {
  const { hash, pathname, search } = window.location;
  arrived = arrivalOf(hash);
  const { challenge, refused, organization } = arrived;
  if (organization !== null) chooseOrganization(organization);
  if (challenge ?? refused ?? organization) {
    window.history.replaceState(window.history.state, "", `${pathname}${search}`);
  }
}

/** Where a way to sign in begins that leads back to this page, or on to what an invitation is for. */
export function beginning(
  way: string,
  page: { pathname: string; search: string },
  invitation?: string,
): string {
  const query = new URLSearchParams(
    invitation === undefined ? { to: `${page.pathname}${page.search}` } : { invitation },
  );
  return `${way}?${query.toString()}`;
}
