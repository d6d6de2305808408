import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { queries } from "../api/queries";
import type { ServerEvent } from "../api/sse";
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

const NONE: readonly LogLine[] = [];

/** A deployment's log: what there is of it at once, and while it is written, the rest line by line to its end. */
export function useLog({ id, status }: Pick<Deployment, "id" | "status">): FollowedLog {
  // One that is followed stays so to its last line, which comes with the final status.
  const [isFollowed] = useState(!isFinal(status));
  const [hasEnded, setEnded] = useState(false);
  const there = useQuery(isFollowed ? queries.logSoFar(id) : queries.log(id));
  const items = there.data?.items ?? NONE;
  const [more, add] = useLines();

  const onEvent = ({ name, data }: ServerEvent): boolean => {
    if (name === "log") add(JSON.parse(data) as LogLine);
    if (name !== "status") return false;
    const { status } = JSON.parse(data) as Pick<Deployment, "status">;
    if (!isFinal(status)) return false;
    setEnded(true);
    return true;
  };
  const follows = isFollowed && !hasEnded;
  const url = follows && there.data ? `/api/deployments/${id}/logs` : null;
  const stream = useEvents(url, { after: items.at(-1)?.seq.toString() ?? null, onEvent });

  return {
    lines: useMemo(() => append(items, more), [items, more]),
    stream: follows ? stream : null,
    error: there.error,
    refetch: () => void there.refetch(),
  };
}

/** Lines that arrive one by one, shown a frame at a time. */
function useLines(): [readonly LogLine[], (line: LogLine) => void] {
  const [lines, setLines] = useState(NONE);
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
