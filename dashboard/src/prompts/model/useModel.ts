import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "../../api/client";
import type { components } from "../../api/schema";
import { DEFAULT_ENVIRONMENT, meantEnvironment } from "../../api/session";
import type { Finding, ModelRef } from "../../api/types";
import { settings } from "../../settings/queries";
import { keyless } from "./estimate";

/** Between the last key and the question, in ms. */
const PAUSE = 300;

export interface KnownModel {
  /** What would be run; null where something is wrong with it. */
  planned: components["schemas"]["PlannedModel"] | null;
  /** What the server says of it, but for keys that are missing. */
  findings: Finding[];
}

/** What the server knows of a model with its parameters: its price, what it takes. Null while it is asked. */
export function useModel(model: ModelRef): KnownModel | null {
  const environment = meantEnvironment();
  const asked = JSON.stringify(model);
  const [settled] = useDebouncedValue(asked, PAUSE);
  const known = useQuery({
    queryKey: ["model", environment, settled],
    queryFn: ({ signal }) => ask(JSON.parse(settled) as ModelRef, environment, signal),
    enabled: model.name.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  return settled === asked && !known.isPlaceholderData ? (known.data ?? null) : null;
}

async function ask(model: ModelRef, environment: string, signal: AbortSignal): Promise<KnownModel> {
  // A definition around it that has nothing of its own to be wrong.
  const json = { name: "model", prompt: { template: "Hello" }, model, auth: { mode: "public" } };
  const query = environment === DEFAULT_ENVIRONMENT ? {} : { env: environment };
  const { results } = await unwrap(
    api.POST("/api/endpoints/check", {
      params: { query },
      body: { definitions: [{ file: "model.json", json }] },
      signal,
    }),
  );
  const [checked] = results;
  return {
    planned: checked?.plan?.models[0] ?? null,
    findings: (checked?.findings ?? []).filter(({ code }) => code !== "no-credential"),
  };
}

/** Providers of which no key is stored here; none while that is not known. */
export function useKeyless(): Set<string> {
  const credentials = useQuery(settings.credentials());
  return credentials.data ? keyless(credentials.data.items, meantEnvironment()) : new Set();
}
