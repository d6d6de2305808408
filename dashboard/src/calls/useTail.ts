import { useState } from "react";
import { callQuery, isWanted, type CallFilter } from "../api/callFilter";
import type { Call } from "../api/types";
import { useEvents, type Stream } from "../ui/useEvents";
import { arrived } from "./rules";

export interface Tail {
  /** What the list shows: it never moves by itself under somebody who reads it. */
  shown: Call[];
  /** How many have come since. */
  waiting: number;
  show: () => void;
  stream: Stream;
}

/** Calls as they come, in front of those that are there. */
export function useTail(filter: CallFilter, follows: boolean, there: Call[]): Tail {
  const [taken, setTaken] = useState<Call[]>([]);
  const [waiting, setWaiting] = useState<Call[]>([]);
  const { within: _, ...asked } = filter;
  const query = new URLSearchParams(callQuery(asked, 0)).toString();
  const stream = useEvents(follows ? `/api/calls?${query}` : null, ["call"], {
    onEvent: (_, data) => {
      setWaiting((before) => [data as Call, ...before]);
      return false;
    },
  });
  const own = (call: Call) => isWanted(call, filter);
  const shown = arrived(taken.filter(own), there);
  const known = new Set(shown.map(({ call_id }) => call_id));
  return {
    shown,
    waiting: waiting.filter((call) => own(call) && !known.has(call.call_id)).length,
    show: () => {
      setTaken((before) => [...waiting, ...before]);
      setWaiting([]);
    },
    stream,
  };
}
