/** What somebody should do next, from what is there. */
import type { Endpoint } from "../api/types";

export type Step =
  | { kind: "design" }
  | { kind: "deploy"; endpoint: string }
  | { kind: "mend"; endpoint: string; deployment: string }
  | { kind: "call"; endpoint: string }
  | { kind: "key" }
  | null;

export interface Facts {
  endpoints: Pick<Endpoint, "name" | "live_version" | "deployment">[];
  calls: number;
  keys: number;
}

export function nextStep({ endpoints, calls, keys }: Facts): Step {
  const [first] = endpoints;
  if (!first) return { kind: "design" };
  const live = endpoints.find((endpoint) => isLive(endpoint));
  const failed = endpoints.find(({ deployment }) => deployment?.status === "failed");
  if (failed?.deployment) return { kind: "mend", endpoint: failed.name, deployment: failed.deployment.id };
  if (!live) return { kind: "deploy", endpoint: first.name };
  if (calls === 0) return { kind: "call", endpoint: live.name };
  return keys === 0 ? { kind: "key" } : null;
}

export const isLive = ({ live_version }: Pick<Endpoint, "live_version">): boolean =>
  live_version !== null && live_version !== undefined;
