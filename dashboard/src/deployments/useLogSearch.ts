import { useDebouncedCallback } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { LogLine } from "../api/types";
import { find } from "./log";

/** Between the last key and what the address says, in ms. */
const PAUSE = 250;

export interface LogSearch {
  query: string;
  look: (query: string) => void;
  /** Lines that have it, by index. */
  found: readonly number[];
  /** Which of those is looked at; none where nothing was found. */
  nth: number;
  step: (by: number) => void;
}

/** A search in a log: what is found is there at each key, and in the address once somebody has written it. */
export function useLogSearch(lines: readonly LogLine[]): LogSearch {
  const { q = "" } = useSearch({ from: "/deployments/$id" });
  const navigate = useNavigate({ from: "/deployments/$id" });
  // What is typed and not yet in the address.
  const [typed, setTyped] = useState<string | null>(null);
  const [nth, setNth] = useState(0);
  const query = typed ?? q;
  const found = useMemo(() => find(lines, query), [lines, query]);
  const note = useDebouncedCallback((text: string) => {
    void navigate({
      search: ({ q: _, ...rest }) => (text === "" ? rest : { ...rest, q: text }),
      replace: true,
      resetScroll: false,
    }).then(() => setTyped((now) => (now === text ? null : now)));
  }, PAUSE);
  return {
    query,
    look: (text) => {
      setTyped(text);
      setNth(0);
      note(text);
    },
    found,
    nth: Math.min(nth, found.length - 1),
    step: (by) => setNth(found.length === 0 ? 0 : (nth + by + found.length) % found.length),
  };
}
