/** What pages are measured on: prompts, one of them long, and an endpoint that is live and has been called. */
import { until } from "../e2e/until";
import type { Pilot } from "../e2e/pilot";
import { starter } from "../src/designer/starters";

/** Bytes of the long prompt's text. */
const LONG = 20_000;

export const PROMPT = "long-prompt";
export const ENDPOINT = "hello";

export interface World {
  /** Paths of pages, by name. */
  pages: Record<string, string>;
  /** The deployment that made the endpoint live. */
  deployment: string;
}

export async function furnish({ api, token }: Pilot): Promise<World> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${api}${path}`, { method, headers, ...sent });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const line = "Say what {{ topic }} means to somebody who has never heard of it.\n";
  const content = {
    prompt: { template: line.repeat(Math.ceil(LONG / line.length)) },
    model: { provider: "sandbox", name: "lorem" },
    values: { topic: "a prompt" },
  };
  await ask("POST", "/api/prompts", { name: PROMPT, content });
  const definitions = [{ file: `${ENDPOINT}.toml`, toml: starter("text")?.toml ?? "" }];
  const { deployments } = await ask<{ deployments: { id: string }[] }>("POST", "/api/deployments", {
    definitions,
  });
  const id = deployments[0]?.id ?? "";
  await until("the endpoint", 240, async () => {
    const { status } = await ask<{ status: string }>("GET", `/api/deployments/${id}`);
    if (status === "failed") throw new Error("the endpoint's deployment failed");
    return status === "live" ? true : undefined;
  });
  for (let call = 0; call < 20; call++) {
    await ask("POST", `/api/endpoints/${ENDPOINT}/try`, { request: { name: `caller ${call}` } });
  }
  return {
    deployment: id,
    pages: {
      Overview: "/",
      Prompts: "/prompts",
      Studio: `/prompts/${PROMPT}`,
      Comparison: `/prompts/${PROMPT}?compare=draft,1`,
      Endpoints: "/endpoints",
      Endpoint: `/endpoints/${ENDPOINT}`,
      Designer: `/endpoints/${ENDPOINT}/design`,
      Deployments: "/deployments",
      Deployment: `/deployments/${id}`,
      Calls: "/calls",
      "API keys": "/keys",
      Providers: "/providers",
      "Audit log": "/audit",
    },
  };
}
