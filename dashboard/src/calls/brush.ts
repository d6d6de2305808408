/** Choosing a time on a histogram. Pure, so that a table tests it. */
import type { CallHistogram } from "../api/types";

/** The bars that are chosen, by their places; either end may be the later one. */
export interface Brush {
  from: number;
  to: number;
}

/** A time as filters have it. */
export interface Time {
  since: string;
  until: string;
}

/** Bars that a page key passes over. */
const PAGE = 10;

/** The bar at a place in a row of them; beside the row, the nearest one. */
export const barAt = (x: number, width: number, bars: number): number =>
  width > 0 ? clamp(Math.floor((x / width) * bars), bars) : 0;

/** The same bars, the earlier end first. */
export const ordered = ({ from, to }: Brush): Brush => ({
  from: Math.min(from, to),
  to: Math.max(from, to),
});

/** What a key makes of an end, which never passes the other one; null where the key means nothing here. */
export function moved(brush: Brush, end: keyof Brush, key: string, bars: number): Brush | null {
  const now = ordered(brush);
  const least = end === "from" ? 0 : now.from;
  const most = end === "from" ? now.to : bars - 1;
  const place = placeOf(key, now[end], least, most);
  return place === null ? null : { ...now, [end]: Math.min(Math.max(place, least), most) };
}

function placeOf(key: string, now: number, least: number, most: number): number | null {
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return now - 1;
    case "ArrowRight":
    case "ArrowUp":
      return now + 1;
    case "PageDown":
      return now - PAGE;
    case "PageUp":
      return now + PAGE;
    case "Home":
      return least;
    case "End":
      return most;
    default:
      return null;
  }
}

/** The time of some bars. The first and the last one may begin before it and end after it. */
export function timeOf(
  { buckets, bucket_s, since, until }: Pick<CallHistogram, "buckets" | "bucket_s" | "since" | "until">,
  brush: Brush,
): Time | null {
  const { from, to } = ordered(brush);
  const [first, last] = [buckets[from], buckets[to]];
  if (!first || !last) return null;
  const begin = Math.max(Date.parse(first.at), Date.parse(since));
  const end = Math.min(Date.parse(last.at) + bucket_s * 1000, Date.parse(until));
  return begin < end ? { since: iso(begin), until: iso(end) } : null;
}

const iso = (ms: number): string => new Date(ms).toISOString();

const clamp = (place: number, bars: number): number => Math.min(Math.max(place, 0), bars - 1);
