// What a page may weigh over the wire (gzip), in kB, and that no chunks import each other in a circle: what one of them
// needs at its start may not be there then. Fails the build where it is otherwise.
import { readFile, stat } from "node:fs/promises";

const DIST = new URL("../dist/", import.meta.url);
const FIRST_JS = 170;
const FIRST_CSS = 20;
const ROUTE_JS = 60;
const EDITOR_JS = 100;

const manifest = JSON.parse(await readFile(new URL(".vite/manifest.json", DIST), "utf8"));

/** A chunk and all that it imports at once. */
function together(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const imported of manifest[key].imports ?? []) together(imported, seen);
  return seen;
}

async function kilobytes(files) {
  let bytes = 0;
  for (const file of files) bytes += (await stat(new URL(`${file}.gz`, DIST))).size;
  return bytes / 1000;
}

const styles = (keys) => new Set([...keys].flatMap((key) => manifest[key].css ?? []));
const scripts = (keys) => [...keys].map((key) => manifest[key].file);

const [entry] = Object.keys(manifest).filter((key) => manifest[key].isEntry);
/** What somebody waits for who opens the dashboard: its frame and its first page. */
const first = together("src/overview/OverviewPage.tsx", together(entry));
const rows = [
  ["first load, JavaScript", await kilobytes(scripts(first)), FIRST_JS],
  ["first load, CSS", await kilobytes(styles(first)), FIRST_CSS],
];
/** Parts that come once their page is there, and share its chunks. */
const pages = [
  ["src/designer/", together("src/designer/DesignPage.tsx")],
  ["src/prompts/", together("src/prompts/PromptPage.tsx")],
];
/** Parts that come once something else than a page is there. */
const editor = together("src/designer/Editor.tsx");
const behind = new Map([
  ["src/designer/editorLater.ts", editor],
  ["src/designer/Changes.tsx", editor],
]);
const pageOf = (key) =>
  /Page\.tsx$/.test(key) ? undefined : pages.find(([folder]) => key.startsWith(folder))?.[1];
for (const key of Object.keys(manifest).filter((key) => manifest[key].isDynamicEntry)) {
  const there = (other) => first.has(other) || pageOf(key)?.has(other) || behind.get(key)?.has(other);
  const own = [...together(key)].filter((other) => !there(other));
  const limit = key.includes("Editor") ? EDITOR_JS : ROUTE_JS;
  rows.push([key, await kilobytes(scripts(own)), limit]);
}

/** Chunks that lead back to the first of them; null where none do. */
function circle(key, path, known) {
  if (path.includes(key)) return [...path.slice(path.indexOf(key)), key];
  if (known.has(key)) return null;
  for (const imported of manifest[key].imports ?? []) {
    const found = circle(imported, [...path, key], known);
    if (found) return found;
  }
  known.add(key);
  return null;
}

let over = false;
for (const [what, size, limit] of rows) {
  const mark = size > limit ? "  OVER" : "";
  over ||= size > limit;
  console.log(`${size.toFixed(1).padStart(7)} of ${String(limit).padStart(3)} kB  ${what}${mark}`);
}
if (over) {
  console.error("error: heavier than allowed");
  process.exit(1);
}

const known = new Set();
for (const key of Object.keys(manifest)) {
  const found = circle(key, [], known);
  if (!found) continue;
  console.error(
    `error: chunks import each other in a circle: ${found.map((key) => manifest[key].file).join(" → ")}`,
  );
  console.error("hint: change how they are divided, in `vite.config.ts`");
  process.exit(1);
}
