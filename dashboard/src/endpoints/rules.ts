/** What a list of endpoints is asked. */
import type { Endpoint } from "../api/types";

/** Those whose name or description has all words of a query. */
export function search<T extends Pick<Endpoint, "name" | "description">>(items: T[], query: string): T[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  return items.filter(({ name, description }) => {
    const text = `${name} ${description}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Whether the newest version is not the one that serves. */
export const newer = ({ version, live_version }: Pick<Endpoint, "version" | "live_version">): boolean =>
  typeof live_version === "number" && live_version < version;
