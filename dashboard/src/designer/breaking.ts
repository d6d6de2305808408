/** What callers of an endpoint would notice. */
import type { Definition, Field, Plan } from "../api/types";
import { typeOf } from "../endpoints/fields";
import { isRequired } from "../endpoints/sample";

type Fields = Record<string, Field>;

export function breaking(before: Definition, after: Plan): string[] {
  const [asked, asks] = [before.request ?? {}, after.request];
  const [answered, answers] = [fieldsOf(before.response), fieldsOf(after.response)];
  const found = [
    ...gone(asked, asks).map((name) => `The request field ${name} is gone.`),
    ...added(asked, asks).map((name) => `The request field ${name} is new and has to be there.`),
    ...Object.entries(asks)
      .filter(([name, field]) => asked[name] && !isRequired(asked[name]) && isRequired(field))
      .map(([name]) => `The request field ${name} may not be left out any more.`),
    ...retyped(asked, asks).map((name) => `The request field ${name} has another type.`),
    ...gone(answered, answers).map((name) => `The answer has no ${name} any more.`),
    ...retyped(answered, answers).map((name) => `${name} of the answer has another type.`),
  ];
  if (before.auth?.mode === "public" && !after.public) found.push("Callers need a key from now on.");
  return found;
}

/** A text answer is an object with one text. */
function fieldsOf(response: { format?: string; fields?: Fields } | undefined): Fields {
  return response?.format === "json" ? (response.fields ?? {}) : { text: { type: "string" } };
}

const gone = (before: Fields, after: Fields): string[] =>
  Object.keys(before).filter((name) => !(name in after));

const added = (before: Fields, after: Fields): string[] =>
  Object.entries(after)
    .filter(([name, field]) => !(name in before) && isRequired(field))
    .map(([name]) => name);

const retyped = (before: Fields, after: Fields): string[] =>
  Object.entries(after)
    .filter(([name, field]) => before[name] && typeOf(before[name]) !== typeOf(field))
    .map(([name]) => name);
