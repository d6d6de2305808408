/**
 * Changes to a definition as JSON Patches (RFC 6902), and what they come to: the form shows it before the server
 * has written it into the text. As the server does it, a key that is renamed keeps its place, and one that is
 * moved onto itself becomes the last of its table.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = Record<string, Json>;

export type Operation =
  | { op: "add"; path: string; value: Json }
  | { op: "remove"; path: string }
  | { op: "replace"; path: string; value: Json }
  | { op: "move"; from: string; path: string };

export const child = (pointer: string, key: string | number): string =>
  `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;

export const keysOf = (pointer: string): string[] =>
  pointer === ""
    ? []
    : pointer
        .slice(1)
        .split("/")
        .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));

const pointerOf = (keys: readonly string[]): string => keys.reduce<string>(child, "");

export const parentOf = (pointer: string): string => pointer.slice(0, Math.max(0, pointer.lastIndexOf("/")));

export const isUnder = (pointer: string, parent: string): boolean =>
  pointer === parent || pointer.startsWith(`${parent}/`);

export const isObject = (json: Json | undefined): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json);

export function get(json: Json | undefined, pointer: string): Json | undefined {
  let here = json;
  for (const key of keysOf(pointer)) {
    if (Array.isArray(here)) here = here[Number(key)];
    else if (isObject(here)) here = Object.hasOwn(here, key) ? here[key] : undefined;
    else return undefined;
  }
  return here;
}

/** What a patch comes to; steps that cannot be made change nothing. */
export const apply = (json: Json, patch: readonly Operation[]): Json => patch.reduce(step, json);

function step(json: Json, operation: Operation): Json {
  switch (operation.op) {
    case "add":
      return insert(json, keysOf(operation.path), operation.value);
    case "replace":
      return get(json, operation.path) === undefined ? json : write(json, operation.path, operation.value);
    case "remove":
      return remove(json, keysOf(operation.path));
    case "move":
      return move(json, operation.from, operation.path);
  }
}

function within(json: Json, keys: readonly string[], change: (holder: Json, key: string) => Json): Json {
  const [key, ...rest] = keys;
  if (key === undefined) return json;
  if (rest.length === 0) return change(json, key);
  if (Array.isArray(json)) {
    return json.map((item, index) => (index === Number(key) ? within(item, rest, change) : item));
  }
  const inner = isObject(json) ? json[key] : undefined;
  return isObject(json) && inner !== undefined ? { ...json, [key]: within(inner, rest, change) } : json;
}

function insert(json: Json, keys: readonly string[], value: Json): Json {
  if (keys.length === 0) return value;
  return within(json, keys, (holder, key) => {
    if (Array.isArray(holder)) return holder.toSpliced(key === "-" ? holder.length : Number(key), 0, value);
    return isObject(holder) ? { ...holder, [key]: value } : holder;
  });
}

function write(json: Json, pointer: string, value: Json): Json {
  if (pointer === "") return value;
  return within(json, keysOf(pointer), (holder, key) => {
    if (Array.isArray(holder)) return holder.with(Number(key), value);
    return isObject(holder) ? { ...holder, [key]: value } : holder;
  });
}

function remove(json: Json, keys: readonly string[]): Json {
  return within(json, keys, (holder, key) => {
    if (Array.isArray(holder)) return holder.toSpliced(Number(key), 1);
    return isObject(holder)
      ? Object.fromEntries(Object.entries(holder).filter(([name]) => name !== key))
      : holder;
  });
}

function move(json: Json, from: string, path: string): Json {
  const value = get(json, from);
  if (value === undefined) return json;
  const [old, name] = [keysOf(from).at(-1) ?? "", keysOf(path).at(-1) ?? ""];
  if (parentOf(from) === parentOf(path) && old !== name && isObject(get(json, parentOf(from)))) {
    return within(json, keysOf(from), (holder) =>
      isObject(holder)
        ? Object.fromEntries(
            Object.entries(holder)
              .filter(([key]) => key !== name)
              .map(([key, value]) => [key === old ? name : key, value]),
          )
        : holder,
    );
  }
  return insert(remove(json, keysOf(from)), keysOf(path), value);
}

/** Says something at a place, whether or not there is anything yet. */
export function put(json: Json, pointer: string, value: Json): Operation[] {
  if (get(json, pointer) !== undefined) return [{ op: "replace", path: pointer, value }];
  const keys = keysOf(pointer);
  let there = keys.length - 1;
  while (there > 0 && get(json, pointerOf(keys.slice(0, there))) === undefined) there--;
  const path = pointerOf(keys.slice(0, there + 1));
  const nested = keys.slice(there + 1).reduceRight<Json>((inner, key) => ({ [key]: inner }), value);
  return [{ op: "add", path, value: nested }];
}

/** Tables that say nothing once they are empty. */
const MAY_GO = /^\/(?:limits|limits\/budget|auth|deploy|response|cors|tests\/\d+\/expect|model|request)$/;
const STAY = /^\/model$/;

/** Says nothing at a place any more. */
export function unset(json: Json, pointer: string): Operation[] {
  if (get(json, pointer) === undefined) return [];
  const parent = parentOf(pointer);
  const holder = get(json, parent);
  const last = isObject(holder) && Object.keys(holder).length === 1;
  if (last && MAY_GO.test(parent) && !STAY.test(parent)) return unset(json, parent);
  if (Array.isArray(holder) && holder.length === 1) return [{ op: "remove", path: parent }];
  return [{ op: "remove", path: pointer }];
}

/** Takes an item of a list, or a key of a table, to another place among its like. */
export function reorder(json: Json, pointer: string, from: number, to: number): Operation[] {
  const holder = get(json, pointer);
  const length = Array.isArray(holder) ? holder.length : isObject(holder) ? Object.keys(holder).length : 0;
  if (from === to || Math.min(from, to) < 0 || Math.max(from, to) >= length) return [];
  if (Array.isArray(holder)) return [{ op: "move", from: child(pointer, from), path: child(pointer, to) }];
  const keys = Object.keys(holder as JsonObject);
  const [key] = keys.splice(from, 1);
  keys.splice(to, 0, key ?? "");
  return keys.slice(Math.min(from, to)).map((key) => {
    const path = child(pointer, key);
    return { op: "move", from: path, path };
  });
}

/** A patch with one more, where both say something at the same place as one. */
export function joined(patch: readonly Operation[], more: readonly Operation[]): Operation[] {
  const last = patch.at(-1);
  const [next, ...rest] = more;
  if (last && next?.op === "replace" && rest.length === 0 && last.path === next.path) {
    if (last.op === "replace" || (last.op === "add" && !/\/(?:-|\d+)$/.test(last.path))) {
      return [...patch.slice(0, -1), { ...last, value: next.value }];
    }
  }
  return [...patch, ...more];
}
