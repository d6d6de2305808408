import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { stream } from "../api/client";
import { DEFAULT_ENVIRONMENT, meantEnvironment } from "../api/session";
import { events, type ServerEvent } from "../api/sse";
import { BEGUN, ended, told, type Run, type RunRequest } from "./run";
import { Progress } from "./progress";

/** What is run: one text with one model, on some values. */
export interface Asked {
  variant: NonNullable<RunRequest["variants"]>[number];
  values: Record<string, unknown>;
}

/** Hears of a run that has come to its end, with the call that it is in the log. */
type OnEnd = (call: string) => void;

export interface Runs {
  /** The last run of each id; of one under way no more than that it is. */
  runs: Readonly<Record<string, Run | undefined>>;
  /** The same with what they have written by now, for `useRun`. */
  progress: Progress;
  /** Runs something under an id; what runs under it is stopped. */
  start: (id: string, asked: Asked, onEnd: OnEnd) => void;
  /** Stops what runs under an id, or all, at the provider as well. */
  stop: (id?: string) => void;
}

/** A run under way. */
class Going {
  run: Run = BEGUN;
  readonly request = new AbortController();
  private readonly began = performance.now();

  take(event: ServerEvent): void {
    this.run = told(this.run, event, performance.now() - this.began);
  }

  end(how: Parameters<typeof ended>[2]): void {
    this.run = ended(this.run, performance.now() - this.began, how);
    this.request.abort();
  }
}

/**
 * Runs that are followed as they write. Each is a request of its own, so that each can be ended by itself: the
 * provider is told when its request goes. A browser has six connections to a server, of which four runs and the stream
 * of events leave one. Going away ends them all.
 */
export function useRuns(): Runs {
  const [progress] = useState(() => new Progress());
  const runs = useSyncExternalStore(progress.subscribe, progress.known);
  /** The latest of each id. */
  const latest = useRef(new Map<string, Going>());

  const show = useCallback(
    (id: string, going: Going) => {
      if (latest.current.get(id) === going) progress.put(id, going.run);
    },
    [progress],
  );

  const stop = useCallback(
    (id?: string) => {
      for (const [of, going] of latest.current) {
        if (id !== undefined && of !== id) continue;
        going.end({ stopped: true });
        show(of, going);
      }
    },
    [show],
  );

  const start = useCallback(
    (id: string, asked: Asked, onEnd: OnEnd) => {
      stop(id);
      const going = new Going();
      latest.current.set(id, going);
      void follow(asked, going, { show: () => show(id, going), onEnd });
    },
    [show, stop],
  );

  useEffect(() => {
    const { current } = latest;
    return () => {
      for (const { request } of current.values()) request.abort();
    };
  }, []);
  return { runs, progress, start, stop };
}

/** A run as it is now. Who shows it is drawn anew as it writes. */
export const useRun = (progress: Progress, id: string): Run | undefined =>
  useSyncExternalStore(progress.subscribe, () => progress.get(id));

interface Told {
  show: () => void;
  onEnd: OnEnd;
}

async function follow({ variant, values }: Asked, going: Going, { show, onEnd }: Told): Promise<void> {
  const { signal } = going.request;
  let frame = 0;
  const draw = () => {
    frame = 0;
    show();
  };
  show();
  try {
    const body: RunRequest = { variants: [variant], values };
    for await (const event of events(await stream(address(), body, signal))) {
      going.take(event);
      if (going.run.state !== "running") break;
      // A frame shows all that came since the last.
      if (frame === 0) frame = requestAnimationFrame(draw);
    }
    if (going.run.result) onEnd(going.run.result.call);
    going.end({ error: new Error(WITHOUT_RESULT) });
  } catch (error) {
    going.end(signal.aborted ? { stopped: true } : { error });
  }
  cancelAnimationFrame(frame);
  show();
}

const WITHOUT_RESULT = "The server ended the run without a result.";

/** Keys of providers may differ by environment. */
function address(): string {
  const environment = meantEnvironment();
  const path = "/api/llm/execute";
  return environment === DEFAULT_ENVIRONMENT ? path : `${path}?env=${encodeURIComponent(environment)}`;
}
