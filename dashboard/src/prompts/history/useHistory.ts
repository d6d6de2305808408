import { useQueryClient } from "@tanstack/react-query";
import type { Written } from "../content";
import { note } from "./notes";

/** Notes what was written when a run was made, and has lists of calls look again. */
export function useHistory(place: string): (call: string, now: Written) => void {
  const client = useQueryClient();
  return (call, now) => {
    note(localStorage, place, { call, now });
    void client.invalidateQueries({ queryKey: ["calls", "list"] });
  };
}
