import { describe, expect, it } from "vitest";
import { behind, nextStep, type Facts } from "./nextStep";

const endpoint = (name: string, live: number | null, status: "live" | "failed" | "queued" = "live") => ({
  name,
  live_version: live,
  deployment: { id: `of-${name}`, status, version: 1, created: "2026-11-25T12:00:00Z" },
});

const NOTHING: Facts = { credentials: 0, prompts: [], endpoints: [], calls: [], keys: 0 };

const CALLED: Facts["calls"] = [{ source: "call" }];

it.each<[string, Partial<Facts>, ReturnType<typeof nextStep>]>([
  ["nothing is there", {}, { kind: "model" }],
  ["only a key is there", { credentials: 1 }, { kind: "prompt" }],
  ["a prompt is there", { prompts: ["b", "a"] }, { kind: "endpoint", prompt: "b" }],
  [
    "a prompt was run, and no endpoint is there",
    { prompts: ["a"], calls: [{ source: "studio" }] },
    { kind: "endpoint", prompt: "a" },
  ],
  ["nothing is live", { endpoints: [endpoint("a", null, "queued")] }, { kind: "deploy", endpoint: "a" }],
  [
    "a deployment failed",
    { endpoints: [endpoint("a", 1), endpoint("b", 1, "failed")], calls: CALLED, keys: 1 },
    { kind: "mend", endpoint: "b", deployment: "of-b" },
  ],
  [
    "nobody has called but the deploy's own tests",
    { endpoints: [endpoint("a", null, "queued"), endpoint("b", 2)], calls: [{ source: "verify" }] },
    { kind: "call", endpoint: "b" },
  ],
  ["there is no key", { endpoints: [endpoint("a", 1)], calls: CALLED }, { kind: "key" }],
  ["all is there", { endpoints: [endpoint("a", 1)], calls: CALLED, keys: 1 }, null],
])("the next step where %s", (_, facts, step) => {
  expect(nextStep({ ...NOTHING, ...facts })).toEqual(step);
});

describe("the way", () => {
  it("lies behind as far as one has come, and then no more is said of it", () => {
    expect(behind({ kind: "model" })).toBe(0);
    expect(behind({ kind: "mend", endpoint: "a", deployment: "b" })).toBe(3);
    expect(behind({ kind: "call", endpoint: "a" })).toBe(4);
    expect([behind({ kind: "key" }), behind(null)]).toEqual([null, null]);
  });
});
