/** Numbers and times as people read them. */

const MICRO = 1_000_000;

/** Money in USD from millionths of it; what is not nothing never looks like nothing. */
export function money(micro: number | null | undefined): string {
  if (micro === null || micro === undefined) return "–";
  if (micro === 0) return "$0";
  const dollars = micro / MICRO;
  if (dollars >= 1) return `$${dollars.toFixed(2)}`;
  const digits = Math.max(2, 1 - Math.floor(Math.log10(dollars)));
  return `$${dollars.toFixed(digits).replace(/(\.\d\d\d*?)0+$/, "$1")}`;
}

/** A span of time from milliseconds. */
export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1) return `${(Math.round(ms * 100) / 100).toString()} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

const STEPS: [number, Intl.RelativeTimeFormatUnit][] = [
  [60, "minute"],
  [3600, "hour"],
  [86_400, "day"],
  [604_800, "week"],
  [2_629_800, "month"],
  [31_557_600, "year"],
];

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" });

/** How long ago, roughly. */
export function ago(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000;
  if (Math.abs(seconds) < 45) return seconds > 10 ? "in a moment" : "just now";
  const step = STEPS.findLast(([size]) => Math.abs(seconds) >= size * 0.75) ?? [60, "minute"];
  return RELATIVE.format(Math.round(seconds / step[0]), step[1]);
}

const ABSOLUTE = new Intl.DateTimeFormat("en", {
  dateStyle: "medium",
  timeStyle: "medium",
  hourCycle: "h23",
});

const ZONE = ABSOLUTE.resolvedOptions().timeZone;

/** The moment itself, in the reader's time zone, which is named. */
export function moment(time: string): string {
  return `${ABSOLUTE.format(new Date(time))} (${ZONE})`;
}

/** A time from one moment to another; either may be open. */
export function stretch(since: string | undefined, until: string | undefined): string {
  if (since !== undefined && until !== undefined) {
    return `${ABSOLUTE.formatRange(new Date(since), new Date(until))} (${ZONE})`;
  }
  if (since !== undefined) return `since ${moment(since)}`;
  return until === undefined ? "any time" : `until ${moment(until)}`;
}

const COUNT = new Intl.NumberFormat("en");

export const count = (number: number): string => COUNT.format(number);

/** `1 error`, `2 errors`. */
export const plural = (number: number, word: string): string =>
  `${count(number)} ${word}${number === 1 ? "" : "s"}`;

/** Bytes in the units that people say. */
export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  if (size < 1024 ** 2) return `${(size / 1024).toFixed(1)} KiB`;
  return `${(size / 1024 ** 2).toFixed(1)} MiB`;
}
