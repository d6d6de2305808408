import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { queries } from "../api/queries";
import type { Deployment, LogLine } from "../api/types";
import { useEvents, type Stream } from "../ui/useEvents";
import { append } from "./log";
import { isFinal } from "./status";

export interface FollowedLog {
  lines: readonly LogLine[];
  /** Null where it is complete. */
  stream: Stream | null;
  error: unknown;
  refetch: () => void;
}

/** A deployment's log: whole where it has ended, else followed to its end. */
export function useLog({ id, status }: Pick<Deployment, "id" | "status">): FollowedLog {
  // A log that is followed stays followed to its last line, which comes with the final status.
  const [follows, setFollows] = useState(!isFinal(status));
  const whole = useQuery({ ...queries.log(id), enabled: !follows });
  const [lines, add] = useLines();

  const onEvent = (name: string, data: unknown): boolean => {
    if (name === "log") add(data as LogLine);
    if (name !== "status") return false;
    const { status } = data as Pick<Deployment, "status">;
    if (!isFinal(status)) return false;
    setFollows(false);
    return true;
  };
  const url = follows ? `/api/deployments/${id}/logs` : null;
  const stream = useEvents(url, ["log", "status"], { onEvent });

  return {
    lines: follows ? lines : append(lines, whole.data?.items ?? []),
    stream: follows ? stream : null,
    error: whole.error,
    refetch: () => void whole.refetch(),
  };
}

/** Lines that arrive one by one, shown a frame at a time. */
function useLines(): [readonly LogLine[], (line: LogLine) => void] {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const waiting = useRef<LogLine[]>([]);
  const frame = useRef(0);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  const add = useCallback((line: LogLine) => {
    waiting.current.push(line);
    if (waiting.current.length > 1) return;
    frame.current = requestAnimationFrame(() => {
      const arrived = waiting.current;
      waiting.current = [];
      setLines((there) => append(there, arrived));
    });
  }, []);
  return [lines, add];
}
