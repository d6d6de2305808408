/** What somebody else does is seen without a reload. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { cutter } from "./cutter";
import type { Pilot } from "./pilot";
import { stage } from "./stage";
import type { Visitor } from "./visitor";

let pilot: Pilot;
let visitor: Visitor;

stage((started, who) => ([pilot, visitor] = [started, who]));

async function api(method: string, path: string, body: unknown): Promise<void> {
  expect((await pilot.ask(method, path, body)).ok).toBe(true);
}

const prompt = (name: string) => ({ name, content: { prompt: { template: "Greet {{ name }}." } } });

it("two tabs see by one stream what changes, and after it broke what they missed", async () => {
  await visitor.page.getByRole("heading", { name: "Overview" }).waitFor();
  const line = await cutter(visitor.origin);
  const tabs: [Page, Page] = [await visitor.page.context().newPage(), await visitor.page.context().newPage()];
  const [list, one] = tabs;
  await api("POST", "/api/prompts", prompt("greeting"));
  await list.goto(`${line.origin}/prompts`);
  await one.goto(`${line.origin}/prompts/greeting`);
  for (const tab of tabs) await tab.getByText("Live", { exact: true }).waitFor({ state: "attached" });
  await list.evaluate(() => Object.assign(window, { same: true }));

  await api("POST", "/api/prompts", prompt("farewell"));
  await list.getByRole("link", { name: "farewell" }).waitFor();
  await api("PATCH", "/api/prompts/greeting", { description: "Says hello" });
  for (const tab of tabs) await tab.getByText("Says hello").waitFor();
  await api("PATCH", "/api/prompts/greeting", { name: "chat/greeting" });
  await list.getByRole("link", { name: "chat/greeting" }).waitFor();
  await one.waitForURL(/\/prompts\/chat%2Fgreeting$/);
  await one.getByRole("heading", { name: "chat/greeting" }).waitFor();
  expect(line.followed()).toBe(1);

  line.cut();
  for (const tab of tabs) await tab.getByText("Reconnecting", { exact: true }).waitFor({ state: "attached" });
  await api("PATCH", "/api/prompts/chat%2Fgreeting", { description: "Says good morning" });
  await api("POST", "/api/prompts", prompt("thanks"));
  line.mend();
  for (const tab of tabs) await tab.getByText("Says good morning").waitFor();
  await list.getByRole("link", { name: "thanks" }).waitFor();
  await api("DELETE", "/api/prompts/farewell", undefined);
  await list.getByRole("link", { name: "farewell" }).waitFor({ state: "hidden" });
  expect(await list.evaluate(() => "same" in window)).toBe(true);
  line.stop();
});
