/** Between what is typed and what a definition says. The server alone judges it: what is no number goes as a text. */
import { isObject, type Json } from "../patch";

export interface Codec {
  /** `undefined` says nothing; an error is what cannot be said at all. */
  parse: (text: string) => { value: Json | undefined } | { error: string };
  show: (value: Json | undefined) => string;
}

const plain = (value: Json | undefined): string =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

/** A text; an empty one says nothing. */
export const text: Codec = {
  parse: (typed) => ({ value: typed === "" ? undefined : typed }),
  show: plain,
};

/** A text that has to be there, though it be empty. */
export const needed: Codec = { parse: (typed) => ({ value: typed }), show: plain };

export const number: Codec = {
  parse: (typed) => {
    const trimmed = typed.trim();
    if (trimmed === "") return { value: undefined };
    const value = Number(trimmed);
    return { value: Number.isFinite(value) ? value : typed };
  },
  show: plain,
};

/** A text a line. */
export const lines: Codec = {
  parse: (typed) => {
    const items = typed.split("\n").filter((line) => line !== "");
    return { value: items.length === 0 ? undefined : items };
  },
  show: (value) => (Array.isArray(value) ? value.map(plain).join("\n") : plain(value)),
};

/** A list that has to be there, though it be empty. */
export const neededLines: Codec = {
  parse: (typed) => ({ value: typed.split("\n").filter((line) => line !== "") }),
  show: lines.show,
};

const flag: Codec = {
  parse: (typed) => ({
    value: typed === "" ? undefined : typed === "true" ? true : typed === "false" ? false : typed,
  }),
  show: plain,
};

const json: Codec = {
  parse: (typed) => {
    if (typed.trim() === "") return { value: undefined };
    try {
      return { value: JSON.parse(typed) as Json };
    } catch {
      return { error: "This is no JSON yet." };
    }
  },
  show: (value) => (value === undefined ? "" : JSON.stringify(value)),
};

/** How a value of a field is written in a form. */
export function codecOf(field: Json | undefined): Codec {
  const type = isObject(field) ? field["type"] : undefined;
  switch (type) {
    case "string":
    case "enum":
      return text;
    case "integer":
    case "number":
      return number;
    case "boolean":
      return flag;
    default:
      return json;
  }
}
