/** Keys of providers, environments, what was done to them, and the end of an endpoint. */
import { expect, it } from "vitest";
import { inaccessible } from "../visitor";
import { button, goto, heading, page } from "./story";

it("a provider's key goes in, and never comes out", async () => {
  await goto("/providers");
  await button("Add a key").first().click();
  await page.getByRole("dialog").locator("input[type=password]").fill("sk-of-nobody-1234");
  expect(await inaccessible(page)).toEqual([]);
  await button("Store it").click();
  await page.getByRole("cell", { name: "…1234" }).waitFor();
  await button("Replace openai default").click();
  await page.getByRole("dialog").locator("input[type=password]").fill("sk-of-nobody-5678");
  await button("Store it").click();
  await page.getByRole("cell", { name: "…5678" }).waitFor();
  expect(await page.content()).not.toContain("sk-of-nobody");
  await button("Delete openai default").click();
  await page.getByLabel("Type default to go on").fill("default");
  await button("Delete it").click();
  await page.getByRole("heading", { name: "No keys of providers yet" }).waitFor();
});

it("an environment is made, looked at, and deleted by typing its name", async () => {
  await goto("/environments");
  await button("New environment").click();
  await page.getByLabel("Name").fill("staging");
  await button("Make it").click();
  await button("Look at staging").click();
  await heading("Endpoints").waitFor();
  expect(await page.getByLabel("Environment").inputValue()).toBe("staging");
  await page.getByLabel("Environment").selectOption("production");
  await heading("Overview").waitFor();
  await goto("/environments");
  await button("Delete staging").click();
  await page.getByLabel("Type staging to go on").fill("staging");
  expect(await inaccessible(page)).toEqual([]);
  await button("Delete it").click();
  await page.getByText("staging is gone.").waitFor();
});

it("the log says who did what, and how it was before", async () => {
  await goto("/audit?subject=environment");
  const deleted = page.locator("summary", { hasText: "deleted environment staging" });
  await deleted.click();
  await page.locator("del", { hasText: "staging" }).first().waitFor();
  expect(await inaccessible(page)).toEqual([]);
  await page.getByLabel("What it was done to").selectOption("credential");
  await page.waitForURL(/subject=credential/);
  await page.locator("summary", { hasText: "deleted provider's key default" }).waitFor();
  expect(await page.content()).not.toContain("sk-of-nobody");
  const path = (await page.getByRole("link", { name: "Export" }).getAttribute("href")) ?? "";
  const lines = await page.evaluate(async (path) => (await fetch(path)).text(), path);
  expect(lines.split("\n").filter((line) => line.includes('"credential"')).length).toBeGreaterThan(0);
});

it("an endpoint is deleted by typing its name", async () => {
  await goto("/endpoints/summarize?tab=settings");
  await button("Delete summarize").click();
  await page.getByLabel("Type summarize to go on").fill("summarize");
  await button("Delete it").click();
  await heading("Endpoints").waitFor();
  await page.getByRole("link", { name: "hello", exact: true }).waitFor();
  expect(await page.getByRole("link", { name: "summarize", exact: true }).count()).toBe(0);
});
