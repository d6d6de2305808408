/** What is known of a prompt, under another name of it. */
import { useQueryClient, type Query, type QueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

/** What is asked for by a prompt's name; of a list, a text that is looked for stands in its place. */
const isOf =
  (name: string) =>
  ({ queryKey }: Pick<Query, "queryKey">): boolean =>
    queryKey[0] === "prompts" && queryKey[1] !== "list" && queryKey[2] === name;

/** Has under the new name what was loaded under the earlier one, so that nothing begins anew. */
export function keepAs(client: QueryClient, earlier: string, now: string): void {
  for (const [[prompts, what, , ...more], data] of client.getQueriesData({ predicate: isOf(earlier) })) {
    client.setQueryData([prompts, what, now, ...more], data);
  }
}

/** The earlier name may soon be another prompt's. */
export function forget(client: QueryClient, earlier: string): void {
  client.removeQueries({ predicate: isOf(earlier) });
}

/** Looks again at all prompts, but for what has gone with the earlier name. */
export function lookAgain(client: QueryClient, earlier: string): void {
  const gone = isOf(earlier);
  void client.invalidateQueries({ queryKey: ["prompts"], predicate: (query) => !gone(query) });
}

/** Goes along where the prompt that a page shows is given another name, whoever does it. */
export function useRenamed(shown: string, now: string | undefined): void {
  const client = useQueryClient();
  const navigate = useNavigate({ from: "/prompts/$name" });
  // The name that the page has shown its prompt by.
  const met = useRef<string | null>(null);
  useEffect(() => {
    if (now === undefined) return;
    if (now === shown) {
      met.current = shown;
    } else if (met.current !== shown) {
      // What is still known is of a prompt that was called so before anybody came here.
      void client.resetQueries({ predicate: isOf(shown) });
    } else {
      keepAs(client, shown, now);
      void navigate({
        to: "/prompts/$name",
        params: { name: now },
        search: (before) => before,
        replace: true,
        resetScroll: false,
      }).then(() => forget(client, shown));
    }
  }, [client, navigate, shown, now]);
}
