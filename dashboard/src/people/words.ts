/** What is said of signing in. */
import { plural } from "../ui/format";

export const SECOND_STEP = {
  title: "Two steps",
  about:
    "After your password, a code of an authenticator is asked for: an app that makes one each half a minute.",
  failed: "Whether you sign in in two steps could not be loaded",
  setUp: {
    title: "Set up two steps",
    scan: "Scan this with your authenticator, or give it the secret. It is shown this once.",
    picture: "The secret as a picture for an authenticator",
    first: "The code that it shows then",
  },
  codes: {
    title: "Store these recovery codes now",
    about:
      "Each signs you in once in place of a code, should you lose the authenticator. They are shown this once, and those before are good no longer.",
    stored: "I have stored them",
  },
  renew: {
    title: "Make new recovery codes?",
    action: "Make new ones",
    about: "The ones that you have now are good no longer.",
  },
  off: {
    title: "Turn off two steps?",
    action: "Turn it off",
    about: "From then on your password alone signs you in.",
    done: "Your password alone signs you in now.",
  },
};

/** Fewer than this are soon gone. */
const FEW = 3;

/** How many recovery codes are left, and what to do about it. */
export function codesLeft(count: number): string {
  if (count === 0) return "No recovery code is left: make new ones.";
  const left = `${plural(count, "recovery code")} left`;
  return count < FEW ? `${left}: make new ones.` : `${left}.`;
}

/** What is said of who one is at a provider. */
export const IDENTITIES = {
  about: "Who you are there signs you in here, too; with two steps, a code is asked for all the same.",
  failed: "Whom you are linked to could not be loaded",
  link: {
    title: "Link an account?",
    action: "Go on",
    about: "You sign in at the provider, and come back here. Who you are there signs you in from then on.",
  },
  unlink: {
    title: "Unlink this account?",
    action: "Unlink it",
    about: "It signs you in no longer; your password does.",
  },
};

const REFUSALS = new Map(
  Object.entries({
    "identity-taken": "Another account here is linked to who you are there.",
    "identity-unlinked":
      "There is an account with your address, which is not linked yet. Sign in with its password, and link it in your profile.",
    "invitation-for-another": "The invitation is for another address.",
    "invitation-not-found": "The invitation was accepted, taken back, or is too old.",
    "oidc-domain-refused": "Addresses like yours may not sign in this way.",
    "oidc-email-unverified":
      "The provider does not say that your address is confirmed. Confirm it there, then try again.",
    "oidc-off": "Nobody can sign in this way here.",
    "oidc-refused": "The sign-in was broken off, took too long, or began in another browser. Try again.",
    "oidc-token-invalid": "What the provider said of you could not be verified. The server's log says why.",
    "oidc-unavailable": "The provider cannot be asked. The server's log says why; try again in a while.",
    "sign-in-throttled": "There were too many tries. Wait a while, then try again.",
    "sign-up-closed": "You have no account here. Ask for an invitation.",
  }),
);

/** Why a provider's word signed nobody in. */
export const refusalWords = (kind: string): string =>
  REFUSALS.get(kind) ?? `You could not be signed in (${kind}). Try again in a while.`;
