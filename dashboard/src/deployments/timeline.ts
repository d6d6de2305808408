/** Where each stage of a deployment stands. */
import type { Deployment, StageTime } from "../api/types";
import { isFinal, STAGES, type Stage } from "./status";

export type State = "done" | "now" | "failed" | "ahead" | "skipped";

export interface Step {
  stage: Stage;
  state: State;
  /** In ms; null where it did not begin, or still runs. */
  ms: number | null;
  /** When it began; null where it did not. */
  started: string | null;
}

export function timeline({
  status,
  stages = [],
  error,
}: Pick<Deployment, "status" | "stages" | "error">): Step[] {
  return STAGES.map((stage) => {
    // A worker that died was replaced: the last time counts.
    const time = stages.findLast((passed) => passed.status === stage);
    return {
      stage,
      state: stateOf(stage, time, status, error?.stage ?? null),
      ms: time?.duration_ms ?? null,
      started: time?.started ?? null,
    };
  });
}

function stateOf(
  stage: Stage,
  time: StageTime | undefined,
  now: Deployment["status"],
  failed: string | null,
): State {
  if (failed === stage) return "failed";
  if (now === stage) return "now";
  if (!time) return isFinal(now) ? "skipped" : "ahead";
  return "done";
}
