/** What a page needs first, asked for while its code still comes, or when a link to it is pointed at. */
import type { CallFilter } from "../api/callFilter";
import { queries } from "../api/queries";
import { session } from "../api/session";
import { prompts } from "../prompts/queries";
import { settings } from "../settings/queries";
import { client } from "./client";
import type { PromptSearch, PromptsSearch } from "./search";

/** What is there already is left as it is. */
const ONCE = { staleTime: "static" } as const;

/** Nobody waits for it: the page asks for the same, and tells what went wrong. Whoever is not signed in is not answered. */
async function ask(all: () => Promise<unknown>[]): Promise<void> {
  if (await session.me()) await Promise.allSettled(all());
}

export const ahead = {
  overview: () =>
    void ask(() => [
      client.query({ ...queries.endpoints(), ...ONCE }),
      client.query({ ...queries.newestCalls(), ...ONCE }),
      client.query({ ...queries.keys(), ...ONCE }),
      client.query({ ...prompts.named(), ...ONCE }),
      client.query({ ...settings.credentials(), ...ONCE }),
      client.query({ ...queries.status(), ...ONCE }),
      client.infiniteQuery({ ...queries.deployments(null), ...ONCE }),
    ]),

  prompts: (asked: PromptsSearch) =>
    void ask(() => [
      client.infiniteQuery({ ...prompts.list(asked), ...ONCE }),
      client.query({ ...prompts.named(), ...ONCE }),
    ]),

  prompt: (name: string, { v }: PromptSearch) =>
    void ask(() => [
      client.query({ ...prompts.one(name), ...ONCE }),
      client.infiniteQuery({ ...prompts.versions(name), ...ONCE }),
      client.query({ ...settings.credentials(), ...ONCE }),
      client.query({ ...prompts.library(false), ...ONCE }),
      ...(v === undefined ? [] : [client.query({ ...prompts.version(name, v), ...ONCE })]),
    ]),

  endpoints: () => void ask(() => [client.query({ ...queries.endpoints(), ...ONCE })]),

  endpoint: (name: string) => void ask(() => [client.query({ ...queries.endpoint(name), ...ONCE })]),

  deployments: (endpoint: string | null) =>
    void ask(() => [
      client.infiniteQuery({ ...queries.deployments(endpoint), ...ONCE }),
      client.query({ ...queries.endpoints(), ...ONCE }),
    ]),

  deployment: (id: string) => void ask(() => [client.query({ ...queries.deployment(id), ...ONCE })]),

  calls: (filter: CallFilter) =>
    void ask(() => [
      client.infiniteQuery({ ...queries.calls(filter), ...ONCE }),
      client.query({ ...queries.callHistogram(filter), ...ONCE }),
      client.query({ ...queries.callSums(filter), ...ONCE }),
      client.query({ ...queries.endpoints(), ...ONCE }),
    ]),

  keys: () => void ask(() => [client.query({ ...queries.keys(), ...ONCE })]),

  providers: () => void ask(() => [client.query({ ...settings.credentials(), ...ONCE })]),

  environments: () => void ask(() => [client.query({ ...queries.environments(), ...ONCE })]),
};
