import { describe, expect, it } from "vitest";
import type { Credential } from "../../api/types";
import { estimate, keyless, priceWords, roughTokens } from "./estimate";

const price = (input: number, output: number) => ({ input, output, cached_input: input, cache_write: input });

const CLAUDE = { price: price(3_000_000, 15_000_000), price_steps: [], max_tokens: 300 };

describe("a run's price", () => {
  it("is of the tokens in, and of the longest answer", () => {
    expect(estimate(CLAUDE, 1000)).toBe(
      "About 1,000 tokens in: $0.003. Up to 300 out: at most $0.0045 more.",
    );
    expect(estimate({ ...CLAUDE, max_tokens: null }, 1000)).toBe(
      "About 1,000 tokens in: $0.003. Each 1,000 tokens out: $0.015.",
    );
  });

  it("is that of long prompts where one is long", () => {
    const steps = [{ from: 200_000, price: price(6_000_000, 15_000_000) }];
    expect(estimate({ ...CLAUDE, price_steps: steps }, 200_000)).toContain("$1.20");
    expect(estimate({ ...CLAUDE, price_steps: steps }, 199_999)).toContain("$0.60");
  });

  it("is nothing, or unknown, and says so", () => {
    expect(estimate({ ...CLAUDE, price: price(0, 0) }, 10)).toBe("This run costs nothing.");
    expect(estimate({ ...CLAUDE, price: null }, 10)).toContain("No price is known");
    expect([priceWords(CLAUDE), priceWords({ ...CLAUDE, price: null })]).toEqual([
      "$3.00 in, $15.00 out, per million tokens",
      "Price unknown",
    ]);
  });
});

describe("tokens", () => {
  it("are counted roughly, with values in their places", () => {
    expect(roughTokens({ template: "1234 {{ name }}{% if x %}{% endif %}" }, { name: "567" })).toBe(2);
    expect(
      roughTokens({ system: "1234", messages: [{ role: "user", content: "{{ list }}" }] }, { list: [1, 2] }),
    ).toBe(3);
    expect(roughTokens({}, {})).toBe(0);
  });
});

it("keys are missing where neither all environments nor this one has one", () => {
  const key = (provider: string, environment: string | null) => ({ provider, environment }) as Credential;
  const without = keyless(
    [key("openai", null), key("anthropic", "staging"), key("cohere", "production")],
    "production",
  );
  expect(
    ["openai", "anthropic", "cohere", "gemini", "openai-compatible", "sandbox"].filter((one) =>
      without.has(one),
    ),
  ).toEqual(["anthropic", "gemini"]);
});
