/** What differs between two texts, word by word, in the form that versions' differences have. */
import { diffArrays } from "diff";
import type { TextPart } from "../../api/types";

/** Nobody waits longer, in ms, for texts that have little in common. */
const timeout = 150;

/** Words, spaces and signs, each a piece; and lines, where that takes too long. */
const WORDS = /\s+|[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]/gu;
const LINES = /[^\n]*\n|[^\n]+/g;

export function difference(from: string, to: string): TextPart[] {
  for (const pieces of [WORDS, LINES]) {
    const found = diffArrays(from.match(pieces) ?? [], to.match(pieces) ?? [], { timeout });
    if (found) return joined(found);
  }
  return changed({ removed: from, added: to });
}

interface Found {
  added: boolean;
  removed: boolean;
  value: string[];
}

/** What went stands before what came in its place; changes that only a space parts are one. */
function joined(found: readonly Found[]): TextPart[] {
  const parts: TextPart[] = [];
  let open = { removed: "", added: "" };
  for (const [index, { added, removed, value }] of found.entries()) {
    const text = value.join("");
    const between = index < found.length - 1 && open.removed + open.added !== "" && /^[^\S\n]+$/.test(text);
    if (!added && !removed && !between) {
      parts.push(...changed(open), { change: "same", text });
      open = { removed: "", added: "" };
      continue;
    }
    if (!added) open.removed += text;
    if (!removed) open.added += text;
  }
  return [...parts, ...changed(open)];
}

const changed = ({ removed, added }: { removed: string; added: string }): TextPart[] => [
  ...(removed === "" ? [] : [{ change: "removed" as const, text: removed }]),
  ...(added === "" ? [] : [{ change: "added" as const, text: added }]),
];

/** How many words came, and how many went. */
export function counted(parts: readonly TextPart[]): { added: number; removed: number } {
  const words = (of: TextPart["change"]) =>
    parts
      .filter(({ change }) => change === of)
      .reduce((sum, { text }) => sum + (text.match(/[\p{L}\p{M}\p{N}_]+/gu)?.length ?? 0), 0);
  return { added: words("added"), removed: words("removed") };
}
