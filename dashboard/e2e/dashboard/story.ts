/** What the parts of the story share: who is there, and what they do again and again. */
import { expect } from "vitest";
import type { Page } from "playwright-core";
import type { Pilot } from "../pilot";
import { stage } from "../stage";
import type { Visitor } from "../visitor";

/** How long a first deploy may take, in ms. */
export const DEPLOY = 180_000;

export let pilot: Pilot;
export let visitor: Visitor;
export let page: Page;

stage((started, who) => {
  [pilot, visitor, page] = [started, who, who.page];
});

export const goto = (path: string) => page.goto(`${visitor.origin}${path}`);
export const button = (name: string | RegExp) =>
  page.getByRole("button", { name, exact: typeof name === "string" });
export const heading = (name: string | RegExp) => page.getByRole("heading", { name, level: 1 });
export const editor = () => page.getByRole("textbox", { name: "Definition in TOML" });

export async function replaceInEditor(from: string, to: string): Promise<void> {
  await editor().click();
  await page.keyboard.press("Control+a");
  const lines = await page.locator(".cm-line").allTextContents();
  const text = lines.join("\n");
  expect(text).toContain(from);
  await page.evaluate((text) => navigator.clipboard.writeText(text), text.replace(from, to));
  await page.keyboard.press("Control+v");
}

export async function deploy(): Promise<void> {
  await button("Deploy").click();
  await button(/^Deploy to/).click();
  await heading(/ v\d+$/).waitFor();
}

export async function live(version: number): Promise<void> {
  await heading(new RegExp(` v${version}$`)).waitFor({ timeout: DEPLOY });
  await page.getByText("It answers at").waitFor({ timeout: DEPLOY });
}

export const scrollsSideways = () =>
  page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);

/** Where the endpoint of the story answers. */
export async function url(): Promise<string> {
  const answer = await pilot.ask("GET", "/api/endpoints/hello");
  return ((await answer.json()) as { url: string }).url;
}
