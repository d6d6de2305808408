/** Between lines and columns, as findings have them, and offsets, as the editor has them. */

/** The offset of a place; columns count characters, offsets UTF-16 units. Both places count from 1. */
export function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let at = 1; at < line; at++) {
    const end = text.indexOf("\n", start);
    if (end < 0) return text.length;
    start = end + 1;
  }
  let end = text.indexOf("\n", start);
  if (end < 0) end = text.length;
  let offset = start;
  for (let at = 1; at < column && offset < end; at++) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}

/** The word that begins at an offset, or one character where there is none. */
export function wordAt(text: string, offset: number): { from: number; to: number } {
  const word = /^[\w-]+/.exec(text.slice(offset, offset + 100));
  const end = Math.min(text.length, offset + Math.max(1, word?.[0].length ?? 1));
  return { from: Math.min(offset, text.length), to: end };
}

/** What has to change about a text so that it becomes another one; null where nothing has. */
export function changeBetween(
  before: string,
  after: string,
): { from: number; to: number; insert: string } | null {
  if (before === after) return null;
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && before[from] === after[from]) from++;
  let end = 0;
  while (end < shorter - from && before.at(-1 - end) === after.at(-1 - end)) end++;
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) };
}

/** The line (from 1) on which a table or key of a definition begins; null where it is not written. */
export function lineOf(text: string, path: readonly string[]): number | null {
  const lines = text.split("\n");
  for (let length = path.length; length > 0; length--) {
    const name = path.slice(0, length).map(escape).join("\\s*\\.\\s*");
    const table = new RegExp(`^\\s*\\[{1,2}\\s*${name}\\s*[.\\]]`);
    const key = new RegExp(`^\\s*${name}\\s*=`);
    const at = lines.findIndex((line) => table.test(line) || (length === 1 && key.test(line)));
    if (at >= 0) return at + 1;
  }
  return null;
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
