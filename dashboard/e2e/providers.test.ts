/** A provider's key that something serves with. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { start, type Pilot } from "./pilot";
import { until } from "./until";
import { inaccessible, picture, visit, type Visitor } from "./visitor";

const TOML = `name = "greet"

[prompt]
template = "Greet {{ name }}."

[model]
provider   = "anthropic"
name       = "claude-haiku-4-5"
max_tokens = 50

[request.name]
type = "string"

[auth]
mode = "public"
`;

let pilot: Pilot;
let visitor: Visitor;
let page: Page;

beforeAll(async () => {
  pilot = await start();
  visitor = await visit(pilot.link);
  page = visitor.page;
});

afterAll(async () => {
  await visitor.close();
  await pilot.stop();
});

afterEach(() => expect(visitor.complaints()).toEqual([]));

const button = (name: string) => page.getByRole("button", { name, exact: true });

async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers = { authorization: `Bearer ${pilot.token}`, "content-type": "application/json" };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(`${pilot.api}${path}`, { method, headers, ...sent });
  expect(answer.ok).toBe(true);
  return (await answer.json()) as T;
}

it("a key is named by endpoints, and stays while one of them would be left without any", async () => {
  await api("PUT", "/api/provider-credentials", { provider: "anthropic", secret: "sk-of-nobody-1234" });
  const { deployments } = await api<{ deployments: { id: string }[] }>("POST", "/api/deployments", {
    definitions: [{ file: "greet.toml", toml: TOML }],
  });
  await until("the endpoint", 180, async () => {
    const path = `/api/deployments/${deployments[0]?.id ?? ""}`;
    const { status } = await api<{ status: string }>("GET", path);
    expect(status).not.toBe("failed");
    return status === "live" ? true : undefined;
  });
  await page.goto(`${visitor.origin}/providers`);
  await page.getByRole("cell").getByRole("link", { name: "greet" }).waitFor();
  await button("Delete anthropic default").click();
  await page.getByLabel("Type default to go on").fill("default");
  await button("Delete it").click();
  const users = page.getByRole("dialog").getByRole("list", { name: "Used by" });
  await users.getByText("greet in production").waitFor();
  for (const width of [1440, 375]) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await inaccessible(page)).toEqual([]);
      await picture(page, `providers-in-use-${colorScheme}-${width}`);
    }
  }
  await button("Replace the key").click();
  await page.getByRole("dialog").locator("input[type=password]").fill("sk-of-nobody-5678");
  await button("Store it").click();
  await page.getByRole("cell", { name: "…5678" }).waitFor();
});
