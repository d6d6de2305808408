/** A request that an endpoint accepts, made from its definition. */
import type { Definition, Field } from "../api/types";

export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };
export type Request = Record<string, Json>;

/** The first test is what its author thinks a call looks like; else the fields that must be there. */
export function sample(definition: Definition): Request {
  const [test] = definition.tests ?? [];
  if (test) return test.request as Request;
  const fields = Object.entries(definition.request ?? {});
  return Object.fromEntries(
    fields.filter(([, field]) => isRequired(field)).map(([name, field]) => [name, value(name, field)]),
  );
}

export const isRequired = (field: Field): boolean =>
  field.optional !== true && (field.default === undefined || field.default === null);

function value(name: string, field: Field): Json {
  switch (field.type) {
    case "string":
      return text(name, field);
    case "integer":
      return Math.ceil(field.minimum ?? field.maximum ?? 1);
    case "number":
      return field.minimum ?? field.maximum ?? 1;
    case "boolean":
      return true;
    case "enum":
      return field.values?.[0] ?? null;
    case "array":
      return items(name, field);
    case "object":
      return Object.fromEntries(
        Object.entries(field.fields ?? {})
          .filter(([, inner]) => isRequired(inner))
          .map(([inner, of]) => [inner, value(inner, of)]),
      );
    case "messages":
      return [{ role: "user", content: "Hello" }];
    case "image":
    case "file":
      return null;
  }
}

function items(name: string, { items, min_items }: Field): Json[] {
  if (!items) return [];
  return Array.from({ length: Math.max(1, min_items ?? 1) }, () => value(name, items));
}

function text(name: string, field: Field): string {
  const words = `some ${name.replaceAll("_", " ")}`;
  const least = field.min_length ?? 0;
  const long = words.length >= least ? words : words.padEnd(least, ` ${words}`);
  return long.slice(0, field.max_length ?? Infinity);
}
