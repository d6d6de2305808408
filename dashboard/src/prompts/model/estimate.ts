/** What a run will cost, as far as that can be said before it. */
import type { components } from "../../api/schema";
import type { Credential, ModelRef, PromptTexts } from "../../api/types";
import { KEYED } from "../../settings/rules";
import { count, money } from "../../ui/format";

type Price = components["schemas"]["ModelPrice"];
export type PlannedModel = Pick<
  components["schemas"]["PlannedModel"],
  "price" | "price_steps" | "max_tokens"
>;

/** Characters of a token, of English texts and most models: a rule of thumb. */
const CHARACTERS = 4;

/** Servers of one's own may ask for no key. */
const KEYLESS = "openai-compatible";

/** Providers of which an environment has no key. */
export function keyless(credentials: readonly Credential[], environment: string): Set<string> {
  const there = credentials.filter((one) => (one.environment ?? environment) === environment);
  return new Set(
    KEYED.filter((provider) => provider !== KEYLESS && !there.some((one) => one.provider === provider)),
  );
}

/** Why a model cannot be run; null where its key is there, or one by a name of its own may be. */
export const keyMissing = (
  { provider, credential }: ModelRef,
  without: ReadonlySet<string>,
): string | null => (without.has(provider) && !credential ? `No key of ${provider} is stored here.` : null);

/** Roughly how many tokens texts come to, with values in their variables' places. */
export function roughTokens(texts: PromptTexts, values: Readonly<Record<string, unknown>>): number {
  const said = [texts.system, texts.template, ...(texts.messages ?? []).map(({ content }) => content)];
  const length = said.reduce((sum, text) => sum + filled(text ?? "", values).length, 0);
  return Math.ceil(length / CHARACTERS);
}

const filled = (text: string, values: Readonly<Record<string, unknown>>): string =>
  text
    .replace(/\{#.*?#\}|\{%.*?%\}/gs, "")
    .replace(/\{\{\s*(\w+).*?\}\}/gs, (_, name: string) => textOf(values[name]));

function textOf(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The price of a prompt of that length. */
function priceOf({ price, price_steps }: PlannedModel, tokens: number): Price | null {
  const step = price_steps.findLast(({ from }) => tokens >= from);
  return step?.price ?? price ?? null;
}

/** In a sentence; null where nothing can be said. */
export function estimate(model: PlannedModel, tokens: number): string {
  const price = priceOf(model, tokens);
  if (price === null) return "No price is known for this model, so none for this run.";
  if (price.input === 0 && price.output === 0) return "This run costs nothing.";
  const into = `About ${count(tokens)} tokens in: ${money((tokens * price.input) / 1_000_000)}.`;
  const { max_tokens } = model;
  if (typeof max_tokens !== "number") {
    return `${into} Each 1,000 tokens out: ${money(price.output / 1000)}.`;
  }
  return `${into} Up to ${count(max_tokens)} out: at most ${money((max_tokens * price.output) / 1_000_000)} more.`;
}

/** Its price for people. */
export function priceWords({ price }: PlannedModel): string {
  if (!price) return "Price unknown";
  if (price.input === 0 && price.output === 0) return "Free";
  return `${money(price.input)} in, ${money(price.output)} out, per million tokens`;
}
