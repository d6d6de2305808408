/** A plan in words. */
import type { Bound, Plan } from "../api/types";
import { bytes, money, plural, span } from "../ui/format";

type Model = Plan["models"][number];

export function modelFacts(model: Model): [string, string][] {
  const facts: [string, string | null][] = [
    ["Price", priceOf(model)],
    ["Longest answer", typeof model.max_tokens === "number" ? plural(model.max_tokens, "token") : null],
    ["Temperature", typeof model.temperature === "number" ? String(model.temperature) : null],
    ["Effort", model.effort ?? null],
    ["Key", model.key_variable ?? null],
    ["Address", model.base_url ?? null],
    ["Region", model.region ?? null],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== null);
}

function priceOf({ price }: Model): string {
  if (!price) return "nobody knows it";
  if (price.input === 0 && price.output === 0) return "nothing";
  return `${money(price.input)} in, ${money(price.output)} out, per million tokens`;
}

export function limitFacts(plan: Plan): [string, string][] {
  return [
    ["Who may call", plan.public ? "anybody who has the URL" : "callers with an API key"],
    ["Request", `at most ${bytes(plan.max_body)}`],
    ["One call", `at most ${span(plan.ceiling.millis)}, ${bound(plan.ceiling.micro_usd, money)}`],
    ["Prompt", bound(plan.ceiling.prompt_bytes, bytes)],
    ["Retries", String(plan.retries)],
    ["Pages of", plan.origins.length > 0 ? plan.origins.join(", ") : "no other site"],
    ["Kept of a call", { full: "all of it", metadata: "no bodies", none: "no bodies" }[plan.log]],
  ];
}

export function functionFacts(plan: Plan): [string, string][] {
  return [
    ["Memory", `${plan.memory} MB`],
    ["Timeout", plan.timeout],
    ["Built for", plan.profile === "fast" ? "a quick deploy" : "a small binary"],
    ["Tests", plan.tests.length > 0 ? `${plural(plan.tests.length, "test")} before it goes live` : "none"],
  ];
}

/** Where nothing bounds it, what would. */
function bound(bound: Bound, write: (value: number) => string): string {
  if ("at_most" in bound) return `at most ${write(bound.at_most)}`;
  return `unbounded by ${bound.unbounded.join(", ")}`;
}

/** A template cut where Jinja begins and ends. */
export function pieces(template: string): { text: string; jinja: boolean }[] {
  return template
    .split(/(\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\})/)
    .map((text, index) => ({ text, jinja: index % 2 === 1 }))
    .filter(({ text }) => text !== "");
}
