/** Between a prompt's content, as the API keeps it, and what is being written. */
import type {
  CheckedPrompt,
  Field,
  Finding,
  ModelRef,
  PromptContent,
  PromptTexts,
  Speaker,
} from "../api/types";
import type { Mark } from "../designer/findings";
import { offsetOf, wordAt } from "../designer/places";
import { toRequest, type Texts } from "../endpoints/trial";

export interface Message {
  /** Stays with a message wherever it is moved. */
  id: number;
  role: Speaker;
  content: string;
}

export interface Written {
  /** A conversation; null where it is a template with a system message. */
  messages: Message[] | null;
  system: string;
  template: string;
  model: ModelRef;
  /** What stands in the form of values, by variable; those of variables that are gone stay until a reload. */
  values: Texts;
}

/** Answers without network, key or cost. */
export const SANDBOX: ModelRef = { provider: "sandbox", name: "echo" };

export function written({ prompt = {}, model, values = {} }: PromptContent): Written {
  const { system, template, messages = [] } = prompt;
  return {
    messages: messages.length > 0 ? messages.map((message, id) => ({ ...message, id })) : null,
    system: system ?? "",
    template: template ?? "",
    model: model ?? SANDBOX,
    values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, textOf(value)])),
  };
}

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value, null, typeof value === "object" ? 2 : 0);

/** The texts as the API takes them. */
export function textsOf({ messages, system, template }: Written): PromptTexts {
  if (messages !== null) return { messages: messages.map(({ role, content }) => ({ role, content })) };
  return { ...(system === "" ? {} : { system }), template };
}

export const fieldsOf = ({ variables }: CheckedPrompt): Record<string, Field> =>
  Object.fromEntries(variables.map(({ name, field }) => [name, field]));

/** Fields of variables as their samples look, until the server has said what they are. */
export const expected = (
  variables: readonly string[],
  samples: Readonly<Record<string, unknown>>,
): Record<string, Field> =>
  Object.fromEntries(variables.map((name) => [name, { type: typeOf(samples[name]) }]));

function typeOf(sample: unknown): Field["type"] {
  if (typeof sample === "number") return Number.isInteger(sample) ? "integer" : "number";
  if (typeof sample === "boolean") return "boolean";
  if (Array.isArray(sample)) return "array";
  return typeof sample === "object" && sample !== null ? "object" : "string";
}

/** What a version would hold; values that cannot be read yet are left out. */
export function contentOf(now: Written, fields: Record<string, Field>): PromptContent {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const read = toRequest({ [name]: field }, now.values);
    if ("request" in read) Object.assign(values, read.request);
  }
  return { prompt: textsOf(now), model: now.model, values };
}

/** Whether two say the same. */
export const same = (one: Written, other: Written): boolean => fingerprint(one) === fingerprint(other);

/** Texts as a run takes them: those of a version as that one, so that the call log says which ran. */
export function asRun(name: string, now: Written, saved: Written, version: number): PromptTexts {
  const texts = textsOf(now);
  return JSON.stringify(texts) === JSON.stringify(textsOf(saved)) ? { use: `${name}@${version}` } : texts;
}

function fingerprint(now: Written): string {
  const values = Object.entries(now.values).filter(([, text]) => text !== "");
  return JSON.stringify([textsOf(now), Object.entries(now.model).sort(byName), values.sort(byName)]);
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0);

/** The same as a conversation. */
export function asMessages(now: Written): Written {
  const said: Message[] = [
    ...(now.system === "" ? [] : [{ id: 0, role: "system" as const, content: now.system }]),
    { id: 1, role: "user", content: now.template },
  ];
  return { ...now, messages: said };
}

/** The same as a template; null where a template cannot say it. */
export function asTemplate(now: Written): Written | null {
  const said = now.messages ?? [];
  const system = said[0]?.role === "system" ? said[0].content : "";
  const rest = said[0]?.role === "system" ? said.slice(1) : said;
  const [user] = rest;
  if (rest.length !== 1 || user?.role !== "user") return null;
  return { ...now, messages: null, system, template: user.content };
}

/** A message more, by whoever would speak next. */
export function withMessage(messages: readonly Message[]): Message[] {
  const id = Math.max(-1, ...messages.map(({ id }) => id)) + 1;
  const role = messages.at(-1)?.role === "user" ? "assistant" : "user";
  return [...messages, { id, role, content: "" }];
}

/** A message in another place of the conversation. */
export function moved(messages: readonly Message[], from: number, to: number): Message[] {
  const list = [...messages];
  const [message] = list.splice(from, 1);
  if (message) list.splice(to, 0, message);
  return list;
}

/** What was found in one of the texts, at its place. */
export function marksIn(text: string, pointer: string, findings: readonly Finding[]): Mark[] {
  return findings.flatMap((finding) => {
    if (finding.pointer !== pointer || !finding.within) return [];
    const { line, column } = finding.within;
    const message = finding.hint ? `${finding.message}: ${finding.hint}` : finding.message;
    const severity = finding.severity === "unchecked" ? "info" : finding.severity;
    return [{ ...wordAt(text, offsetOf(text, line, column)), severity, message, fix: null }];
  });
}

/** A parameter of a model from what somebody wrote; none where nothing or no number is written. */
export function withNumber(model: ModelRef, key: "max_tokens" | "temperature", text: string): ModelRef {
  const { [key]: _, ...rest } = model;
  const number = Number(text.trim());
  return text.trim() === "" || Number.isNaN(number) ? rest : { ...rest, [key]: number };
}
