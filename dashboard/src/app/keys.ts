/** Which keys mean what. Pure, so that a table tests it. */
import { PLACES, type Place } from "./nav";

export type Meaning =
  | { does: "go"; to: Place["to"] }
  | { does: "palette" }
  | { does: "help" }
  | { does: "create" }
  | { does: "search" }
  | { does: "wait" }
  | null;

export interface Press {
  key: string;
  /** Control, or Command on a Mac. */
  mod: boolean;
  alt: boolean;
  /** Whether somebody is typing a text. */
  typing: boolean;
}

/** What a key means after another one, which is null where it was too long ago. */
export function meaning(press: Press, before: string | null): Meaning {
  if (press.mod) return press.key.toLowerCase() === "k" ? { does: "palette" } : null;
  if (press.typing || press.alt) return null;
  if (before === "g") {
    const place = PLACES.find(({ key }) => key === press.key);
    return place ? { does: "go", to: place.to } : null;
  }
  switch (press.key) {
    case "g":
      return { does: "wait" };
    case "?":
      return { does: "help" };
    case "c":
      return { does: "create" };
    case "/":
      return { does: "search" };
    default:
      return null;
  }
}

/** All of them, for the page that lists them. */
export const SHORTCUTS: { keys: string[]; what: string }[] = [
  { keys: ["⌘ K"], what: "Search pages, prompts, endpoints, deployments, calls" },
  ...PLACES.map(({ key, word }) => ({ keys: ["g", key], what: `Go to ${word}` })),
  { keys: ["c"], what: "New endpoint; a prompt, a key or an invitation on the pages of those" },
  { keys: ["/"], what: "Search on this page" },
  { keys: ["j", "k"], what: "Next and previous in a list" },
  { keys: ["↵"], what: "Open what is chosen" },
  { keys: ["esc"], what: "Close" },
  { keys: ["⌘ ↵"], what: "Run a prompt, try an endpoint" },
  { keys: ["⌘ S"], what: "Save a prompt as a new version" },
  { keys: ["⌘ ⇧ D"], what: "Deploy what is in the Designer" },
  { keys: ["?"], what: "Show these" },
];
