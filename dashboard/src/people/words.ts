/** What is said of the second step of signing in. */
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
