import { useCallback, useEffect, useRef, useState } from "react";
import { stream } from "../api/client";
import { ApiError } from "../api/problem";
import { DEFAULT_ENVIRONMENT, meantEnvironment } from "../api/session";
import { events } from "../api/sse";
import { Together, type Run, type RunRequest } from "./run";

/** Hears of each run that has come to its end, with the call that it is in the log. */
type OnEnd = (id: string, call: string) => void;

export interface Runs {
  /** The last run of each id. */
  runs: Readonly<Record<string, Run | undefined>>;
  /** Runs the request's variants, each under an id; what runs under one of the ids is stopped. */
  start: (request: RunRequest, ids: readonly string[], onEnd: OnEnd) => void;
  /** Stops what runs under an id, or all. Once nobody waits for any run of a request, it ends at the provider. */
  stop: (id?: string) => void;
}

/** A request under way. */
interface Going {
  together: Together;
  ids: readonly string[];
  request: AbortController;
  began: number;
}

const since = ({ began }: Going): number => performance.now() - began;

/** Runs that are followed as they write. Going away ends them, at the provider as well. */
export function useRuns(): Runs {
  const [runs, setRuns] = useState<Record<string, Run | undefined>>({});
  /** Whose run an id shows: the latest. */
  const latest = useRef(new Map<string, Going>());

  const show = useCallback((going: Going) => {
    const now: Record<string, Run | undefined> = going.together.runs;
    const own = going.ids.filter((id) => latest.current.get(id) === going);
    setRuns((before) => ({ ...before, ...Object.fromEntries(own.map((id) => [id, now[id]])) }));
  }, []);

  const stop = useCallback(
    (id?: string) => {
      for (const going of new Set(latest.current.values())) {
        if (id !== undefined && latest.current.get(id) !== going) continue;
        going.together.stop(id ?? null, since(going));
        show(going);
        if (!going.together.open) going.request.abort();
      }
    },
    [show],
  );

  const start = useCallback(
    (request: RunRequest, ids: readonly string[], onEnd: OnEnd) => {
      for (const id of ids) stop(id);
      const going: Going = {
        together: new Together(ids),
        ids,
        request: new AbortController(),
        began: performance.now(),
      };
      for (const id of ids) latest.current.set(id, going);
      void follow(request, going, { show: () => show(going), onEnd });
    },
    [show, stop],
  );

  useEffect(() => {
    const { current } = latest;
    return () => {
      for (const { request } of current.values()) request.abort();
    };
  }, []);
  return { runs, start, stop };
}

interface Told {
  show: () => void;
  onEnd: OnEnd;
}

async function follow(asked: RunRequest, going: Going, { show, onEnd }: Told): Promise<void> {
  const { together, request } = going;
  let frame = 0;
  const draw = () => {
    frame = 0;
    show();
  };
  show();
  try {
    for await (const event of events(await stream(address(), asked, request.signal))) {
      const ended = together.take(event, since(going));
      if (ended !== null) onEnd(ended, together.runs[ended]?.result?.call ?? "");
      if (!together.open) break;
      // A frame shows all that came since the last.
      if (frame === 0) frame = requestAnimationFrame(draw);
    }
    together.fail(new Error("The server ended the run without a result."), since(going));
  } catch (error) {
    if (request.signal.aborted) together.stop(null, since(going));
    else together.fail(error, since(going), culprit(error));
  }
  cancelAnimationFrame(frame);
  show();
}

/** Which variant a refusal is about. */
function culprit(error: unknown): number | null {
  const variant = error instanceof ApiError ? error.problem?.["variant"] : null;
  return typeof variant === "number" ? variant : null;
}

/** Keys of providers may differ by environment. */
function address(): string {
  const environment = meantEnvironment();
  const path = "/api/llm/execute";
  return environment === DEFAULT_ENVIRONMENT ? path : `${path}?env=${encodeURIComponent(environment)}`;
}
