import { NativeSelect } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { CallsSearch } from "../app/search";
import { EndpointFilter } from "../endpoints/EndpointFilter";
import { statuses, TIMES } from "./filters";

/** Which calls the list holds; the address says it, so a link shows the same. */
export function Filters() {
  const { endpoint, status, within } = useSearch({ from: "/calls" });
  const navigate = useNavigate();
  // The call that is open need not be among them any more.
  const set = (change: { [K in keyof CallsSearch]: CallsSearch[K] | undefined }) =>
    void navigate({
      to: "/calls",
      search: ({ call: _, ...before }) => {
        const after = Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined);
        return Object.fromEntries(after);
      },
    });
  return (
    <>
      <EndpointFilter endpoint={endpoint} onChange={(endpoint) => set({ endpoint })} />
      <NativeSelect
        aria-label="Status"
        data={statuses(status)}
        value={status ?? ""}
        onChange={(event) => set({ status: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        aria-label="Time"
        data={TIMES}
        value={within ?? ""}
        onChange={(event) =>
          set({ within: TIMES.find(({ value }) => value === event.currentTarget.value)?.within })
        }
      />
    </>
  );
}
