import type { Live } from "./state";

export const WORDS = {
  live: "Live",
  lost: "Reconnecting",
  hints: {
    off: "",
    connecting: "",
    live: "Live: changes are shown as they happen",
    lost: "Changes are not told of now: pages look for them every 15 seconds",
  } satisfies Record<Live, string>,
};
