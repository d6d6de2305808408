import { useEffect, useState } from "react";
import { isTold, mayBeWanted, type CallFilter } from "../api/callFilter";
import type { CallSummary } from "../api/types";
import { news } from "../live/news";

export interface News {
  /** How many have come that the list does not have. */
  count: number;
  /** Whether it is just so many: of some conditions only the server knows whether a call meets them. */
  exact: boolean;
  /** Forgets these, once the list was loaded anew, and none that came in between. */
  forget: () => void;
}

interface Come {
  items: CallSummary[];
  /** Those of which only the number is told. */
  beyond: number;
}

const NOTHING: Come = { items: [], beyond: 0 };

/** As many as are remembered one by one. */
const MOST = 200;

/** Calls that came since a list was loaded, which does not move by itself under somebody who reads it. */
export function useNews(filter: CallFilter, shown: readonly { call_id: string }[]): News {
  const [come, setCome] = useState(NOTHING);
  useEffect(
    () =>
      news.subscribe(({ count, items }) =>
        setCome((before) => ({
          items: [...items, ...before.items].slice(0, MOST),
          beyond: before.beyond + count - items.length,
        })),
      ),
    [],
  );
  const known = new Set(shown.map(({ call_id }) => call_id));
  const fresh = come.items.filter((call) => !known.has(call.call_id) && mayBeWanted(call, filter));
  return {
    count: fresh.length + come.beyond,
    exact: isTold(filter) && (come.beyond === 0 || Object.keys(filter).length === 0),
    forget: () =>
      setCome(({ items, beyond }) => ({
        items: items.filter((call) => !come.items.includes(call)),
        beyond: beyond - come.beyond,
      })),
  };
}
