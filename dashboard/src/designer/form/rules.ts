/** What the form knows of definitions: which keys go with which choice. Whether they are right the server says. */
import type { Finding } from "../../api/types";
import { offsetOf, wordAt } from "../places";
import {
  child,
  get,
  isObject,
  isUnder,
  keysOf,
  parentOf,
  put,
  type Json,
  type JsonObject,
  type Operation,
} from "../patch";

export const TYPES = [
  "string",
  "integer",
  "number",
  "boolean",
  "enum",
  "array",
  "object",
  "image",
  "file",
  "messages",
] as const;

const ANY_TYPE = ["type", "description", "optional", "default", "sensitive"];

type Type = (typeof TYPES)[number];

const OF_TYPE: Record<Type, string[]> = {
  string: ["min_length", "max_length"],
  integer: ["minimum", "maximum"],
  number: ["minimum", "maximum"],
  boolean: [],
  enum: ["values"],
  array: ["items", "min_items", "max_items"],
  object: ["fields"],
  image: ["max_size", "urls"],
  file: ["max_size", "urls"],
  messages: ["max_items", "max_length", "max_images"],
};

const isType = (type: string): type is Type => Object.hasOwn(OF_TYPE, type);
const keysFor = (type: string): string[] => (isType(type) ? OF_TYPE[type] : []);

/** Whether a bound goes with a field's type, or is there all the same. */
export const takes = (field: JsonObject, key: string): boolean =>
  key in field || keysFor(typeof field["type"] === "string" ? field["type"] : "").includes(key);

/** A field of another type: what does not go with it is left out, and what it needs is there. */
export function retyped(field: JsonObject, type: string): JsonObject {
  const kept = Object.entries(field).filter(
    ([key]) => [...ANY_TYPE, ...keysFor(type)].includes(key) && key !== "default",
  );
  const needs: JsonObject =
    type === "array" ? { items: { type: "string" } } : type === "enum" ? { values: [] } : {};
  return { ...needs, ...Object.fromEntries(kept), type };
}

/** A name that is not taken yet. */
export function freeName(taken: JsonObject, name = "field"): string {
  for (let count = 1; ; count++) {
    const free = count === 1 ? name : `${name}_${count}`;
    if (!Object.hasOwn(taken, free)) return free;
  }
}

export interface Variable {
  name: string;
  field: JsonObject;
}

/** What the prompt's templates use and the request does not give, as the check found it. */
export function undeclared(doc: Json, findings: readonly Finding[]): Variable[] {
  const found = new Map<string, Variable>();
  for (const { code, pointer, within } of findings) {
    const template = get(doc, pointer);
    if (code !== "undeclared-variable" || typeof template !== "string" || !within) continue;
    const at = wordAt(template, offsetOf(template, within.line, within.column));
    const name = template.slice(at.from, at.to);
    if (!/^[A-Za-z_]\w*$/.test(name)) continue;
    const looped = /\bin\s*$/.test(template.slice(0, at.from));
    found.set(name, {
      name,
      field: looped
        ? { type: "array", items: { type: "string", max_length: 1000 }, max_items: 20 }
        : { type: "string", max_length: 10_000 },
    });
  }
  return [...found.values()];
}

export type PromptForm = "template" | "messages" | "use";

export function promptForm(prompt: Json | undefined): PromptForm {
  if (!isObject(prompt)) return "template";
  if ("use" in prompt) return "use";
  return "messages" in prompt ? "messages" : "template";
}

/** The same prompt in another form, as far as that can say it. */
export function reformed(prompt: JsonObject, form: PromptForm): JsonObject {
  const messages = Array.isArray(prompt["messages"]) ? prompt["messages"].filter(isObject) : [];
  const said = (role: string): Json | undefined =>
    messages.find((message) => message["role"] === role)?.["content"];
  const system = prompt["system"] ?? said("system");
  const template = prompt["template"] ?? said("user") ?? "";
  const before = system === undefined ? [] : [{ role: "system", content: system }];
  switch (form) {
    case "use":
      return { use: "" };
    case "messages":
      return { messages: [...before, { role: "user", content: template }] };
    case "template":
      return { ...(system === undefined ? {} : { system }), template };
  }
}

/** Which of a model's addresses a provider asks for. */
const ADDRESSES: Record<string, string[]> = {
  openai: ["api"],
  "azure-openai": ["base_url", "api_version", "api"],
  huggingface: ["base_url"],
  "openai-compatible": ["base_url"],
  gemini: ["region"],
  bedrock: ["region"],
};

export const addressed = (model: JsonObject, key: string): boolean =>
  key in model ||
  (typeof model["provider"] === "string" && (ADDRESSES[model["provider"]] ?? []).includes(key));

/** Findings about a place itself, and about keys in it that nothing knows. */
export const about = (findings: readonly Finding[], pointer: string): Finding[] =>
  findings.filter(
    (finding) =>
      finding.pointer === pointer ||
      (finding.code === "unknown-key" && parentOf(finding.pointer) === pointer),
  );

/** Whether anything in a part of the definition is wrong. */
export const troubled = (findings: readonly Finding[], pointer: string): boolean =>
  findings.some((finding) => finding.severity === "error" && isUnder(finding.pointer, pointer));

/** What a finding says in a form. */
export const said = ({ message, hint }: Finding): string => (hint ? `${message}: ${hint}` : message);

/** Another name for a key that is not taken; none where that changes nothing. */
export function renamed(doc: Json, pointer: string, name: string): Operation[] {
  const parent = parentOf(pointer);
  const path = child(parent, name);
  if (name === "" || path === pointer || get(doc, path) !== undefined) return [];
  return [{ op: "move", from: pointer, path }];
}

/** The name that a pointer ends in. */
export const nameIn = (pointer: string): string => keysOf(pointer).at(-1) ?? "";

/** Puts an item at the end of a list, which may not be there yet. */
export function appended(doc: Json, pointer: string, item: Json): Operation[] {
  const list = get(doc, pointer);
  return Array.isArray(list) && list.length > 0
    ? [{ op: "add", path: `${pointer}/-`, value: item }]
    : put(doc, pointer, [item]);
}
