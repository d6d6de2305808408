/** Runs of `POST /api/llm/execute` as their events tell of them. Of the events, the API's document says only the last. */
import type { components } from "../api/schema";
import type { ServerEvent } from "../api/sse";

export type RunRequest = components["schemas"]["RunRequest"];
export type RunResult = components["schemas"]["RunResult"];

/** What the model has written since. */
interface RunDelta {
  text: string;
}

export interface Run {
  state: "running" | "done" | "stopped" | "failed";
  text: string;
  /** Until the first text, in ms: as this page saw it, and then as the server did. */
  first: number | null;
  /** Since it began, in ms. */
  took: number;
  result: RunResult | null;
  /** Why it did not come about. */
  error: unknown;
}

export const BEGUN: Run = {
  state: "running",
  text: "",
  first: null,
  took: 0,
  result: null,
  error: null,
};

/** A run after an event that came so many ms after its beginning. What has ended is told nothing more. */
export function told(run: Run, { name, data }: ServerEvent, at: number): Run {
  if (run.state !== "running") return run;
  const said = JSON.parse(data) as RunDelta | RunResult;
  if (name === "delta")
    return { ...run, took: at, first: run.first ?? at, text: run.text + (said.text ?? "") };
  const result = said as RunResult;
  return {
    state: result.error ? "failed" : "done",
    text: result.text ?? run.text,
    first: result.first_token_ms ?? run.first,
    took: result.latency_ms,
    result,
    error: null,
  };
}

/** A run after which nothing more comes, so many ms after its beginning. */
export function ended(run: Run, at: number, how: { stopped: true } | { error: unknown }): Run {
  if (run.state !== "running") return run;
  return "error" in how
    ? { ...run, state: "failed", took: at, error: how.error }
    : { ...run, state: "stopped", took: at };
}
