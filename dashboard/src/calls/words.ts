import type { Within } from "../api/callFilter";
import { plural } from "../ui/format";

export const WORDS = {
  notYet: "No call has this id yet; one that was just made takes a moment.",
  text: "Words in request, answer or error",
  textExample: 'refund or "money back" -test',
  more: "More filters",
  moreIn: (count: number) => `More filters (${count})`,
  clear: "Clear",
  user: "User",
  counted: "In brackets: how many calls of this time have it.",
  countedDay: "In brackets: how many calls of the last 24 hours have it.",
  day: "in the last 24 hours",
  within: {
    "1h": "in the last hour",
    "24h": "in the last 24 hours",
    "7d": "in the last 7 days",
  } satisfies Record<Within, string>,
  chosen: "in the chosen time",
  unchoose: "Remove the time ",
  brush: {
    bars: "Bars to choose from",
    how: "Drag over bars to look at their time alone.",
    enter: " · Enter chooses it",
    from: "From",
    to: "Until",
  },
  countedBack: (time: string) => `counted back to ${time}`,
  bars: (said: string) => `Histogram: ${said}`,
  none: "None of the calls meets all of these conditions.",
  noneYet: (time: string) => `None among those since ${time}. There may be some before.`,
  stopped: (time: string) => `Looked through back to ${time}.`,
  further: "Look further back",
  newOnes: (count: number, exact: boolean) =>
    exact ? `Show ${plural(count, "new call")}` : "Calls came: look for new ones",
  replay: {
    title: "Make it again",
    action: "Replay",
    about: "The same request, to what is live now.",
    failed: "It could not be made again",
    before: (version: number) => `then, v${version}`,
    now: (version: number) => `now, v${version}`,
    see: "See the new call",
  },
};
