import { useCallback, useEffect, useRef, useState } from "react";
import { stream } from "../api/client";
import { DEFAULT_ENVIRONMENT, meantEnvironment } from "../api/session";
import { events } from "./events";
import type { RunDelta, RunRequest, RunResult } from "./run";

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

export interface Running {
  run: Run | null;
  start: (request: RunRequest) => void;
  stop: () => void;
}

/** A run that is followed as it writes. Going away ends it, at the provider as well. */
export function useRun(): Running {
  const [run, setRun] = useState<Run | null>(null);
  const going = useRef<AbortController>(null);
  useEffect(() => () => going.current?.abort(), []);

  const start = useCallback((request: RunRequest) => {
    going.current?.abort();
    const controller = new AbortController();
    going.current = controller;
    void follow(request, controller.signal, (run) => {
      if (going.current === controller) setRun(run);
    });
  }, []);
  const stop = useCallback(() => going.current?.abort(), []);
  return { run, start, stop };
}

async function follow(request: RunRequest, signal: AbortSignal, show: (run: Run) => void): Promise<void> {
  const began = performance.now();
  const run: Run = { state: "running", text: "", first: null, took: 0, result: null, error: null };
  let frame = 0;
  const now = () => performance.now() - began;
  const draw = () => {
    frame = 0;
    show({ ...run, took: now() });
  };
  show({ ...run });
  try {
    for await (const { name, data } of events(await stream(address(), request, signal))) {
      if (name === "delta") {
        run.first ??= now();
        run.text += (JSON.parse(data) as RunDelta).text;
        // A frame shows all that came since the last.
        if (frame === 0) frame = requestAnimationFrame(draw);
        continue;
      }
      run.result = JSON.parse(data) as RunResult;
    }
    end(run);
  } catch (error) {
    run.state = signal.aborted ? "stopped" : "failed";
    run.error = signal.aborted ? null : error;
  }
  cancelAnimationFrame(frame);
  show({ ...run, took: run.result?.latency_ms ?? now() });
}

function end(run: Run): void {
  run.state = run.result !== null && !run.result.error ? "done" : "failed";
  if (run.result === null) run.error = new Error("The server ended the run without a result.");
  run.text = run.result?.text ?? run.text;
  run.first = run.result?.first_token_ms ?? run.first;
}

/** Keys of providers may differ by environment. */
function address(): string {
  const environment = meantEnvironment();
  const path = "/api/llm/execute";
  return environment === DEFAULT_ENVIRONMENT ? path : `${path}?env=${encodeURIComponent(environment)}`;
}
