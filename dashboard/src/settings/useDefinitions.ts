import { useQueries, useQuery } from "@tanstack/react-query";
import { queries } from "../api/queries";
import type { Credential, Definition } from "../api/types";

/**
 * Newest definitions of endpoints that may name one of the keys; of those on the sandbox it is not asked. The list of
 * endpoints says who serves the model: which key, and which models follow it, only each endpoint itself says.
 */
export function useDefinitions(credentials: readonly Credential[]): Definition[] {
  const endpoints = useQuery({ ...queries.endpoints(), enabled: credentials.length > 0 });
  const names = (endpoints.data?.items ?? [])
    .filter(({ provider }) => provider !== "sandbox")
    .map(({ name }) => name);
  const found = useQueries({
    queries: names.map((name) => queries.endpoint(name)),
  });
  return found.flatMap(({ data }) => (data?.definition ? [data.definition] : []));
}
