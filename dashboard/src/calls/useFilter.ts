import { useNavigate, useSearch } from "@tanstack/react-router";
import type { CallFilter } from "../api/callFilter";

type Change = { [K in keyof CallFilter]: CallFilter[K] | undefined };

/** Which calls the list holds; the address says it, so a link shows the same. */
export function useFilter(): { filter: CallFilter; set: (change: Change) => void; clear: () => void } {
  const { call: _, ...filter } = useSearch({ from: "/calls" });
  const navigate = useNavigate();
  return {
    filter,
    // The call that is open need not be among them any more.
    set: (change) =>
      void navigate({
        to: "/calls",
        search: ({ call: _, ...before }) =>
          Object.fromEntries(
            Object.entries({ ...before, ...change }).filter(
              ([, value]) => value !== undefined && value !== "",
            ),
          ),
      }),
    clear: () => void navigate({ to: "/calls", search: {} }),
  };
}
