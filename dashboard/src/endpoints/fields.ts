/** Fields in words. */
import type { Field } from "../api/types";

/** A field's type as people say it. */
export function typeOf(field: Field): string {
  switch (field.type) {
    case "array":
      return field.items ? `list of ${typeOf(field.items)}` : "list";
    case "enum":
      return `one of ${(field.values ?? []).map((value) => JSON.stringify(value)).join(", ")}`;
    case "string":
      return "text";
    default:
      return field.type;
  }
}

/** A field's bounds, each in a word or two. */
export function boundsOf(field: Field): string[] {
  const bounds = [
    range(field.min_length, field.max_length, "characters"),
    range(field.minimum, field.maximum, ""),
    range(field.min_items, field.max_items, "items"),
  ];
  if (field.max_size) bounds.push(`at most ${field.max_size}`);
  if (field.sensitive) bounds.push("never recorded");
  return bounds.filter((bound) => bound !== null);
}

function range(
  least: number | null | undefined,
  most: number | null | undefined,
  unit: string,
): string | null {
  const after = unit === "" ? "" : ` ${unit}`;
  if (least !== null && least !== undefined && most !== null && most !== undefined) {
    return least === most ? `${least}${after}` : `${least} to ${most}${after}`;
  }
  if (least !== null && least !== undefined) return `at least ${least}${after}`;
  return most !== null && most !== undefined ? `at most ${most}${after}` : null;
}

/** What a form's text comes to for a field; `undefined` leaves it out. */
export function fromText(field: Field, text: string): { value: unknown } | { error: string } {
  if (text === "") return { value: undefined };
  switch (field.type) {
    case "string":
    case "enum":
      return { value: text };
    case "boolean":
      return { value: text === "true" };
    case "integer":
    case "number":
      return Number.isNaN(Number(text)) ? { error: "This is no number." } : { value: Number(text) };
    default:
      try {
        return { value: JSON.parse(text) as unknown };
      } catch {
        return { error: "This is no JSON." };
      }
  }
}

/** The text that a form shows for a value. */
export function toText(field: Field, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (field.type === "string" || field.type === "enum")
    return typeof value === "string" ? value : JSON.stringify(value);
  return typeof value === "object" ? JSON.stringify(value, null, 2) : JSON.stringify(value);
}
