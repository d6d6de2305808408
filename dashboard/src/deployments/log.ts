/** A log's lines, in order and once each, however often its stream began anew. */
import type { LogLine } from "../api/types";

export function append(lines: readonly LogLine[], more: readonly LogLine[]): readonly LogLine[] {
  const last = lines.at(-1)?.seq ?? 0;
  const fresh = more.filter(({ seq }) => seq > last);
  return fresh.length === 0 ? lines : [...lines, ...fresh];
}

/** Numbers of the lines (from 0) that have a text, whatever its case. */
export function find(lines: readonly LogLine[], query: string): number[] {
  const wanted = query.trim();
  if (wanted === "") return [];
  // Makes no copy of each line, as `toLowerCase` would.
  const pattern = new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "iu");
  const found: number[] = [];
  lines.forEach(({ text }, index) => {
    if (pattern.test(text)) found.push(index);
  });
  return found;
}

/** Whether a number is among some that rise. */
export function has(rising: readonly number[], wanted: number): boolean {
  let [from, to] = [0, rising.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((rising[middle] ?? Infinity) < wanted) from = middle + 1;
    else to = middle;
  }
  return rising[from] === wanted;
}

/** In pixels from the end: nearer than this is at the end. */
const NEAR_END = 24;

/** Where a log is scrolled to. */
export interface Place {
  scrollTop: number;
  scrollHeight: number;
  clientHeight: number;
}

/** Whether the log's end is followed after a scroll. Lines that come move it away; only somebody scrolls up. */
export function isAtEnd(wasAtEnd: boolean, before: number, now: Place): boolean {
  const { scrollTop, scrollHeight, clientHeight } = now;
  if (scrollHeight - scrollTop - clientHeight < NEAR_END) return true;
  return wasAtEnd && scrollTop >= before;
}

/** The log as a file. */
export function asText(lines: readonly LogLine[]): string {
  return lines.map(({ time, stage, level, text }) => `${time} ${stage} ${level} ${text}\n`).join("");
}

/** Since the log began, in ms. */
export function since(lines: readonly LogLine[], line: LogLine): number {
  return Date.parse(line.time) - Date.parse(lines[0]?.time ?? line.time);
}

// Colours of terminals, which no line is read better with here.
// eslint-disable-next-line no-control-regex
const ANSI = /\u001b\[[0-9;?]*[A-Za-z]/g;

export const plain = (text: string): string => text.replace(ANSI, "");
