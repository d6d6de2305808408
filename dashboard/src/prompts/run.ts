/** Runs of `POST /api/llm/execute` as their events tell of them. Of the events, the API's document says only the last. */
import type { components } from "../api/schema";
import type { ServerEvent } from "../api/sse";

export type RunRequest = components["schemas"]["RunRequest"];
export type RunResult = components["schemas"]["RunResult"];

/** What the model has written since. */
export interface RunDelta {
  /** Counted from 0. */
  variant: number;
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

const BEGUN: Run = { state: "running", text: "", first: null, took: 0, result: null, error: null };

/** The runs of one request, each under the id of whoever shows it, in the order of the request's variants. */
export class Together {
  private readonly all: Map<string, Run>;

  constructor(private readonly ids: readonly string[]) {
    this.all = new Map(ids.map((id) => [id, { ...BEGUN }]));
  }

  /** As they are now. */
  get runs(): Record<string, Run> {
    return Object.fromEntries([...this.all].map(([id, run]) => [id, { ...run }]));
  }

  /** Whether anybody still waits for any of them. */
  get open(): boolean {
    return [...this.all.values()].some(({ state }) => state === "running");
  }

  /**
   * Takes in an event that came so many ms after the beginning, and says whose run ended by it. What was stopped is
   * told nothing more.
   */
  take({ name, data }: ServerEvent, at: number): string | null {
    const told = JSON.parse(data) as RunDelta | RunResult;
    const id = this.ids[told.variant] ?? "";
    const run = this.all.get(id);
    if (run?.state !== "running") return null;
    run.took = at;
    if (name === "delta") {
      run.first ??= at;
      run.text += told.text ?? "";
      return null;
    }
    settle(run, told as RunResult);
    return id;
  }

  /** Stops one, or all. */
  stop(id: string | null, at: number): void {
    for (const [of, run] of this.all) {
      if ((id === null || of === id) && run.state === "running")
        Object.assign(run, { state: "stopped", took: at });
    }
  }

  /** Nothing more comes. A refusal may be about one of them: the others are as if they had not been asked for. */
  fail(error: unknown, at: number, culprit: number | null = null): void {
    for (const [index, id] of this.ids.entries()) {
      const run = this.all.get(id);
      if (run?.state !== "running") continue;
      if (culprit === null || culprit === index) Object.assign(run, { state: "failed", took: at, error });
      else this.all.delete(id);
    }
  }
}

function settle(run: Run, result: RunResult): void {
  run.state = result.error ? "failed" : "done";
  run.result = result;
  run.text = result.text ?? run.text;
  run.first = result.first_token_ms ?? run.first;
  run.took = result.latency_ms;
}
