import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { queries } from "../api/queries";
import { fieldsOf } from "../prompts/content";
import { prompts } from "../prompts/queries";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { Designer } from "./Designer";
import { checkable } from "./endpointOf";

/** A new endpoint that refers to a prompt, in the Designer. */
export function FromPrompt({ name }: { name: string }) {
  const client = useQueryClient();
  const begun = useQuery({
    queryKey: ["endpoint-of", name],
    queryFn: () => begin(client, name),
    // What is begun with does not change under somebody who goes on with it.
    staleTime: Infinity,
    gcTime: 0,
  });
  if (begun.data === undefined) {
    return (
      <Page title="New endpoint">
        <QueryState query={begun} failed={`An endpoint of ${name} could not be begun`}>
          {() => null}
        </QueryState>
      </Page>
    );
  }
  const slot = `new-${name.replaceAll("/", "-")}`;
  return <Designer key={name} name={slot} title="New endpoint" endpoint={null} toml={begun.data} />;
}

/** The definition, in the server's own hand. */
async function begin(client: QueryClient, name: string): Promise<string> {
  const { prompt } = await client.query(prompts.one(name));
  const { prompt: texts = {}, values = {}, model } = prompt.content ?? {};
  const [endpoints, library, found] = await Promise.all([
    client.query(queries.endpoints()),
    client.query(prompts.library(model?.provider === "sandbox")),
    unwrap(api.POST("/api/templates/check", { body: { prompt: texts, values } })),
  ]);
  const taken = endpoints.items.map(({ name }) => name);
  const definitions = [checkable(prompt, fieldsOf(found), library.items, taken)];
  const { results } = await unwrap(api.POST("/api/endpoints/check", { body: { definitions } }));
  const [checked] = results;
  if (typeof checked?.toml === "string") return checked.toml;
  throw new Error(checked?.findings[0]?.message ?? "The server could not write it as TOML.");
}
