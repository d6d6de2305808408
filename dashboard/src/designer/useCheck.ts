import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDebouncedValue } from "@mantine/hooks";
import { api, unwrap } from "../api/client";
import type { Checked } from "../api/types";

/** Between the last key and the check, in ms. */
const PAUSE = 200;

export interface Check {
  /** The last answer, and the text that it is about. */
  checked: (Checked & { toml: string }) | null;
  /** Whether that text is the one in the editor. */
  current: boolean;
  error: unknown;
  retry: () => void;
}

/** The server's view of a text, as it is typed. An answer about an older text never replaces a newer one. */
export function useCheck(file: string, toml: string, code: boolean): Check {
  const [settled] = useDebouncedValue(toml, PAUSE);
  const check = useQuery({
    queryKey: ["check", file, code, settled],
    queryFn: async ({ signal }) => {
      const body = { definitions: [{ file, toml: settled }], code };
      const { results } = await unwrap(api.POST("/api/endpoints/check", { body, signal }));
      const [checked] = results;
      return checked ? { ...checked, toml: settled } : null;
    },
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 30_000,
  });
  const checked = check.data ?? null;
  return {
    checked,
    current: checked?.toml === toml,
    error: check.error,
    retry: () => void check.refetch(),
  };
}
