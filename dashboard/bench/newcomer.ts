/** Somebody who has never been here: from the page to sign up to the first answer of their own endpoint. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Locator, Page } from "playwright-core";
import { start } from "../e2e/pilot";
import { visit } from "../e2e/visitor";
import { serve } from "./serve";
import type { Table } from "./table";

const run = promisify(execFile);

/** What they do, counted: clicks, and fields that are filled. */
class Hands {
  times = 0;

  async click(button: Locator): Promise<void> {
    this.times++;
    await button.click();
  }

  async fill(field: Locator, text: string): Promise<void> {
    this.times++;
    await field.fill(text);
  }
}

/** On an installation of their own, which nobody has used yet. */
export async function newcomer(table: Table): Promise<void> {
  const pilot = await start();
  const site = await serve(pilot);
  const visitor = await visit(site.origin);
  try {
    const hands = new Hands();
    const began = performance.now();
    await visitor.page.goto(`${site.origin}/sign-up`);
    const call = await toCall(visitor.page, hands);
    // In a terminal: what was copied is pasted and run.
    hands.times += 2;
    const status = await answered(call);
    const took = (performance.now() - began) / 1000;
    if (status !== "200") throw new Error(`the endpoint answered ${status}`);
    table.atMost("A newcomer, from sign-up to their endpoint's first 200", "s", took, 40);
    table.atMost("A newcomer, clicks and fields until then", "", hands.times, 12, 0);
    const complaints = visitor.complaints();
    if (complaints.length > 0) throw new Error(complaints.join("\n"));
  } finally {
    await visitor.close();
    await site.stop();
    await pilot.stop();
  }
}

/** By nothing but what pages offer; the call, as it was copied. */
async function toCall(page: Page, hands: Hands): Promise<string> {
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
  const link = (name: string | RegExp) => page.getByRole("main").getByRole("link", { name });
  await hands.fill(page.getByLabel("Name"), "Ada");
  await hands.fill(page.getByLabel("E-mail"), "ada@example.com");
  await hands.fill(page.getByLabel("Password"), "a long password");
  await hands.click(button("Sign up"));
  await hands.click(link("New endpoint"));
  await hands.click(link(/^Text in, text out/));
  await hands.click(button("Deploy"));
  await hands.click(button(/^Deploy to/));
  await page.getByText("It answers at").waitFor({ timeout: 60_000 });
  await hands.click(link("Endpoint"));
  await hands.click(button("Copy call in curl"));
  await button("Copied").waitFor();
  return page.evaluate(() => navigator.clipboard.readText());
}

/** Runs a call of curl's; its status. */
async function answered(call: string): Promise<string> {
  const { stdout } = await run("sh", [
    "-c",
    `${call} --silent --output /dev/null --write-out '%{http_code}'`,
  ]);
  return stdout;
}
