import { expect, it } from "vitest";
import { nextStep } from "./nextStep";

const endpoint = (name: string, live: number | null, status: "live" | "failed" | "queued" = "live") => ({
  name,
  live_version: live,
  deployment: { id: `of-${name}`, status, version: 1, created: "2026-11-25T12:00:00Z" },
});

it.each([
  ["nothing is there", [], 0, 0, { kind: "design" }],
  ["nothing is live", [endpoint("a", null, "queued")], 0, 0, { kind: "deploy", endpoint: "a" }],
  [
    "a deployment failed",
    [endpoint("a", 1), endpoint("b", 1, "failed")],
    5,
    1,
    { kind: "mend", endpoint: "b", deployment: "of-b" },
  ],
  [
    "nobody has called",
    [endpoint("a", null, "queued"), endpoint("b", 2)],
    0,
    0,
    { kind: "call", endpoint: "b" },
  ],
  ["there is no key", [endpoint("a", 1)], 3, 0, { kind: "key" }],
  ["all is there", [endpoint("a", 1)], 3, 1, null],
] as const)("the next step where %s", (_, endpoints, calls, keys, step) => {
  expect(nextStep({ endpoints: [...endpoints], calls, keys })).toEqual(step);
});
