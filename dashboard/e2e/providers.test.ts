/** A provider's key that something serves with. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import type { Pilot } from "./pilot";
import { stage } from "./stage";
import { until } from "./until";
import { inaccessible, picture, type Visitor } from "./visitor";

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

stage((started, who) => {
  [pilot, visitor, page] = [started, who, who.page];
});

const button = (name: string) => page.getByRole("button", { name, exact: true });

async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await pilot.ask(method, path, body);
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
