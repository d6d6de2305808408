/** What somebody should do next, from what is there. */
import type { Call, Endpoint } from "../api/types";

export type Step =
  | { kind: "model" }
  | { kind: "prompt" }
  | { kind: "endpoint"; prompt: string }
  | { kind: "deploy"; endpoint: string }
  | { kind: "mend"; endpoint: string; deployment: string }
  | { kind: "call"; endpoint: string }
  | { kind: "key" };

export interface Facts {
  /** Keys of providers. */
  credentials: number;
  /** Names of prompts, the newest first. */
  prompts: string[];
  endpoints: Pick<Endpoint, "name" | "live_version" | "deployment">[];
  calls: Pick<Call, "source">[];
  /** Keys of callers. */
  keys: number;
}

export function nextStep({ credentials, prompts, endpoints, calls, keys }: Facts): Step | null {
  const [endpoint] = endpoints;
  if (!endpoint) {
    const [prompt] = prompts;
    if (prompt !== undefined) return { kind: "endpoint", prompt };
    return credentials > 0 ? { kind: "prompt" } : { kind: "model" };
  }
  const failed = endpoints.find(({ deployment }) => deployment?.status === "failed");
  if (failed?.deployment) return { kind: "mend", endpoint: failed.name, deployment: failed.deployment.id };
  const live = endpoints.find((one) => isLive(one));
  if (!live) return { kind: "deploy", endpoint: endpoint.name };
  if (!calls.some(isOfSomebody)) return { kind: "call", endpoint: live.name };
  return keys === 0 ? { kind: "key" } : null;
}

/** Runs of prompts and calls of a deploy's tests are not what somebody asked of an endpoint. */
const isOfSomebody = ({ source }: Pick<Call, "source">): boolean => source === "call" || source === "try";

export const isLive = ({ live_version }: Pick<Endpoint, "live_version">): boolean =>
  live_version !== null && live_version !== undefined;

/** From nothing to an answer, in order. */
export const WAY = ["model", "prompt", "endpoint", "deploy", "call"] as const;
export type Stop = (typeof WAY)[number];

/** How many stops of the way lie behind; null for somebody who has come to its end. */
export function behind(step: Step | null): number | null {
  if (step === null || step.kind === "key") return null;
  return WAY.indexOf(step.kind === "mend" ? "deploy" : step.kind);
}
