/** Between a form of texts and a request. */
import type { Field, Tried } from "../api/types";
import { fromText, toText } from "./fields";

export type Texts = Record<string, string>;
export type Asked = { request: Record<string, unknown> } | { errors: Record<string, string> };

export function toTexts(fields: Record<string, Field>, request: Record<string, unknown>): Texts {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, toText(field, request[name])]),
  );
}

/** The request that the texts make, or what is wrong with which. */
export function toRequest(fields: Record<string, Field>, texts: Texts): Asked {
  const request: Record<string, unknown> = {};
  const errors: Record<string, string> = {};
  for (const [name, field] of Object.entries(fields)) {
    const read = fromText(field, texts[name] ?? "");
    if ("error" in read) errors[name] = read.error;
    else if (read.value !== undefined) request[name] = read.value;
  }
  return Object.keys(errors).length > 0 ? { errors } : { request };
}

export function parseRequest(text: string): Asked {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === "object" && read !== null && !Array.isArray(read)) {
      return { request: read as Record<string, unknown> };
    }
    return { errors: { "": "A request is a JSON object." } };
  } catch (error) {
    return { errors: { "": error instanceof Error ? error.message : "This is no JSON." } };
  }
}

/** What a function found wrong with a request, by field: the first part of each pointer. */
export function problemsOf({ status, body }: Pick<Tried, "status" | "body">): Record<string, string> {
  if (status !== 422 || typeof body !== "object" || body === null) return {};
  const errors = (body as { errors?: unknown }).errors;
  if (!Array.isArray(errors)) return {};
  const told: Record<string, string> = {};
  for (const error of errors as { pointer?: unknown; detail?: unknown; message?: unknown }[]) {
    const name = typeof error.pointer === "string" ? error.pointer.split("/")[1] : undefined;
    const text = error.detail ?? error.message;
    if (name !== undefined && typeof text === "string") told[name] ??= text;
  }
  return told;
}

/** An answer as people read it: a text as a text, all else laid out. */
export function answerText({ body }: Pick<Tried, "body">): string {
  if (typeof body === "string") return body;
  if (typeof body === "object" && body !== null) {
    const members = Object.entries(body);
    const [first] = members;
    if (members.length === 1 && first && first[0] === "text" && typeof first[1] === "string") return first[1];
  }
  return JSON.stringify(body, null, 2);
}
