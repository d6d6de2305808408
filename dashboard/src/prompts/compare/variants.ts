/** What is compared, how an address says it, and which came off best. Pure, so that tables test it. */
import type { ModelRef, PromptTexts, StoredPrompt } from "../../api/types";
import type { Run, RunRequest } from "../run";

/** As many as one request takes. */
export const MOST = 4;

/** The text that is being written; another one, of this comparison alone; a version's number, or `@` and a label. */
export const DRAFT = "draft";
export const OWN = "own";

export interface Variant {
  /** Stays with it wherever it stands. */
  id: number;
  of: string;
  /** Where it is not run as its text suggests. */
  model: ModelChoice | null;
}

/** What a comparison says of a model; whatever else the text's own says of the same model stays. */
export type ModelChoice = Pick<ModelRef, "provider" | "name" | "max_tokens" | "temperature">;

/** Columns are told apart by letters. */
export const letter = (index: number): string => String.fromCharCode(65 + index);

/** What a comparison begins with: what is written, beside what is said to be good, or else what was there before. */
export function begin({ version, labels }: Pick<StoredPrompt, "version" | "labels">): Variant[] {
  const good = labels.find(({ label }) => label === "production");
  const before = version > 1 ? version - 1 : version;
  return numbered([{ of: DRAFT }, { of: good ? `@${good.label}` : String(before) }]);
}

const numbered = (variants: readonly Partial<Variant>[]): Variant[] =>
  variants.map((variant, id) => ({ of: DRAFT, model: null, ...variant, id }));

const freeId = (variants: readonly Variant[]): number => Math.max(-1, ...variants.map(({ id }) => id)) + 1;

/** One more, which says what another one says, right behind it. */
export function duplicated(variants: readonly Variant[], id: number): Variant[] {
  if (variants.length >= MOST) return [...variants];
  return variants.flatMap((one) => (one.id === id ? [one, { ...one, id: freeId(variants) }] : [one]));
}

/** One more at the end. */
export const added = (variants: readonly Variant[]): Variant[] =>
  variants.length >= MOST ? [...variants] : [...variants, { id: freeId(variants), of: DRAFT, model: null }];

/** One less; one at least stays. */
export const removed = (variants: readonly Variant[], id: number): Variant[] =>
  variants.length <= 1 ? [...variants] : variants.filter((one) => one.id !== id);

const KINDS = /^(?:draft|own|[1-9]\d*|@[a-z][a-z0-9-]*)$/;

/** `draft,3~anthropic/claude-haiku-4-5~temperature=0.2,@production`. */
export const toAddress = (variants: readonly Variant[]): string =>
  variants.map(({ of, model }) => [of, ...(model ? modelParts(model) : [])].join("~")).join(",");

function modelParts({ provider, name, max_tokens, temperature }: ModelChoice): string[] {
  const number = (key: string, value: number | null | undefined) =>
    value === null || value === undefined ? [] : [`${key}=${value}`];
  return [
    `${provider}/${encodeURIComponent(name)}`,
    ...number("max_tokens", max_tokens),
    ...number("temperature", temperature),
  ];
}

/** What an address says; what is not understood is left out. Nothing where nothing is left. */
export function fromAddress(text: string): Variant[] {
  const read = text.split(",").flatMap((part) => {
    const [of = "", model, ...parameters] = part.split("~");
    return KINDS.test(of) ? [{ of, model: model === undefined ? null : choice(model, parameters) }] : [];
  });
  return numbered(read.slice(0, MOST));
}

function choice(model: string, parameters: readonly string[]): ModelChoice | null {
  const slash = model.indexOf("/");
  if (slash < 1) return null;
  const given = new Map(parameters.map((parameter) => parameter.split("=", 2) as [string, string]));
  const number = (key: "max_tokens" | "temperature") => {
    const value = Number(given.get(key) ?? NaN);
    return Number.isNaN(value) ? {} : { [key]: value };
  };
  return {
    provider: model.slice(0, slash) as ModelRef["provider"],
    name: decoded(model.slice(slash + 1)),
    ...number("max_tokens"),
    ...number("temperature"),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The model of a variant whose text suggests one. */
export function modelOf(suggested: ModelRef, chosen: ModelChoice | null): ModelRef {
  if (chosen === null) return suggested;
  if (chosen.provider !== suggested.provider || chosen.name !== suggested.name) return chosen;
  const { max_tokens: _, temperature: __, ...rest } = suggested;
  return { ...rest, ...chosen };
}

/** A choice that says what a model says, or nothing where that is what the text suggests. */
export function chosen(model: ModelRef, suggested: ModelRef): ModelChoice | null {
  const { provider, name, max_tokens, temperature } = model;
  const same = (["provider", "name", "max_tokens", "temperature"] as const).every(
    (key) => (model[key] ?? null) === (suggested[key] ?? null),
  );
  if (same) return null;
  return {
    provider,
    name,
    ...(typeof max_tokens === "number" ? { max_tokens } : {}),
    ...(typeof temperature === "number" ? { temperature } : {}),
  };
}

type RunVariant = NonNullable<RunRequest["variants"]>[number];

/** A variant as a request has it. */
export function toRun(prompt: string, { of }: Variant, texts: PromptTexts, model: ModelRef): RunVariant {
  if (of === DRAFT || of === OWN) return { prompt: texts, model };
  return { prompt: { use: of.startsWith("@") ? `${prompt}${of}` : `${prompt}@${of}` }, model };
}

/** What is measured of a run; less of each is better. */
export const FIGURES = ["first", "total", "tokens", "cost"] as const;
export type Figure = (typeof FIGURES)[number];

export function figure(run: Run | undefined, of: Figure): number | null {
  if (run?.state !== "done" || run.result === null) return null;
  const { usage, cost_usd } = run.result;
  switch (of) {
    case "first":
      return run.first;
    case "total":
      return run.took;
    case "tokens":
      return usage.tokens_in + usage.tokens_out;
    case "cost":
      return cost_usd === null || cost_usd === undefined ? null : Number(cost_usd);
  }
}

/** Which runs are best in what: nobody is where all are alike, or where there is nobody else. */
export function best(runs: readonly (Run | undefined)[]): Record<Figure, boolean[]> {
  const of = (name: Figure): boolean[] => {
    const values = runs.map((run) => figure(run, name));
    const known = values.filter((value) => value !== null);
    const least = Math.min(...known);
    const telling = known.length > 1 && known.some((value) => value > least);
    return values.map((value) => telling && value === least);
  };
  return { first: of("first"), total: of("total"), tokens: of("tokens"), cost: of("cost") };
}
