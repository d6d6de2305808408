/** A prompt beside others, its runs, and what becomes of it as a whole. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import type { Pilot } from "./pilot";
import { stage } from "./stage";
import { until } from "./until";
import { inaccessible, picture, type Visitor } from "./visitor";

const NAME = "summarize-for-a-reader";

let pilot: Pilot;
let visitor: Visitor;
let page: Page;

stage((started, who) => {
  [pilot, visitor, page] = [started, who, who.page];
});

const goto = (path: string) => page.goto(`${visitor.origin}${path}`);
const button = (name: string) => page.getByRole("button", { name, exact: true });
const heading = (name: string) => page.getByRole("heading", { name, level: 1 });
const variant = (name: string) => page.getByRole("region", { name: `Variant ${name}` });
const open = (name: string, what: string) => variant(name).locator("summary", { hasText: what }).click();
const scrollsSideways = () => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);

async function api(method: string, path: string, body?: unknown): Promise<number> {
  return (await pilot.ask(method, path, body)).status;
}

/** Light and dark, wide and narrow: nobody is left out, and nothing scrolls sideways. */
async function everywhere(name: string): Promise<void> {
  const found: string[] = [];
  for (const width of [1440, 375]) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const rules = colorScheme === "light" ? [] : ["color-contrast"];
      found.push(...(await inaccessible(page, rules)).map((what) => `${name} ${width}: ${what}`));
      if (await scrollsSideways()) found.push(`${name} ${width}: it scrolls sideways`);
      await picture(page, `${name}-${colorScheme}-${width}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1440, height: 900 });
  expect(found).toEqual([]);
}

it("somebody who has nothing is led to a prompt", async () => {
  await heading("Overview").waitFor();
  await page.getByRole("heading", { name: "Begin with a prompt, on the sandbox" }).waitFor();
  await everywhere("overview-first");
  await page.getByRole("link", { name: "Use the sandbox" }).click();
  await button("Use Summarise for a reader").click();
  await heading(NAME).waitFor();
  await page.getByText("This run costs nothing.").waitFor();
});

it("variants run at once, each with its own model, and the best are marked", async () => {
  await page.getByText("Compare", { exact: true }).click();
  await variant("B").waitFor();
  await button("Add a variant").click();
  await open("B", "Model");
  await variant("B").getByLabel("Model", { exact: true }).fill("lorem");
  await variant("C").getByLabel("Text of C", { exact: true }).selectOption("1");
  await page.waitForURL((url) => url.searchParams.get("compare") === "draft,1~sandbox/lorem,1");
  await page.keyboard.press("Control+Enter");
  for (const name of ["A", "B", "C"]) await variant(name).getByText("Done").waitFor();
  await variant("B").getByRole("region", { name: "answer of B" }).getByText("Lorem ipsum").waitFor();
  await page.getByText("best").first().waitFor();
  expect(await variant("B").getByText("best").count()).toBeLessThan(3);
  await page.getByRole("switch", { name: "Difference" }).click();
  const difference = page.getByRole("group", { name: "From the answer of A to that of B" });
  await difference.locator("ins", { hasText: "Lorem" }).waitFor();
  await page.getByLabel("To the answer of").selectOption("C");
  await page.getByText("A and C say the same.").waitFor();
  await page.getByLabel("To the answer of").selectOption("B");
  await everywhere("compare");
});

it("a comparison is what its address says", async () => {
  await page.reload();
  await variant("C").waitFor();
  expect(await variant("C").getByLabel("Text of C", { exact: true }).inputValue()).toBe("1");
  await variant("B").getByText("sandbox lorem").waitFor();
});

it("variants are duplicated, given a text of their own, and removed", async () => {
  await button("Duplicate C").click();
  await variant("D").waitFor();
  expect(await button("Add a variant").isDisabled()).toBe(true);
  await open("D", "Text");
  await button("Edit the text of D").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Template" }).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(" Be brief.");
  expect(await inaccessible(page)).toEqual([]);
  await page.keyboard.press("Escape");
  expect(await variant("D").getByLabel("Text of D", { exact: true }).inputValue()).toBe("own");
  await button("Remove A").click();
  await button("Remove A").click();
  await page.reload();
  await open("B", "Text");
  await variant("B").getByText("Be brief.").first().waitFor();
});

it("one run is stopped, at the provider as well, and the others go on", async () => {
  const model = (name: string) => variant(name).getByLabel("Model", { exact: true });
  for (const name of ["A", "B"]) {
    await open(name, "Model");
    await model(name).fill("slow-20000");
  }
  await page.waitForURL((url) => url.search.split("slow").length === 3);
  await button("Run all").click();
  await button("Stop A").click();
  await variant("A").getByText("Stopped").waitFor();
  await until("the record of the run that ended", 10, async () => {
    const calls = (await (await pilot.ask("GET", "/api/calls?model=slow-20000")).json()) as {
      items: unknown[];
    };
    return calls.items.length === 1 ? true : undefined;
  });
  await variant("B").getByText("Running").waitFor();
  await button("Stop all").click();
  await model("B").fill("echo");
  await button("Run B alone").click();
  await variant("B").getByText("Done").waitFor();
});

it("a variant without an answer says why, beside those that have one", async () => {
  await variant("A").getByLabel("Model", { exact: true }).fill("fail-429");
  await button("Run all").click();
  await variant("A").getByRole("alert").waitFor();
  await variant("B").getByText("Done").waitFor();
  await everywhere("compare-failed");
});

it("the better one is written on with", async () => {
  await button("Use this: B").click();
  await page.getByText("B is what you write now.").waitFor();
  await page.getByText("Write", { exact: true }).click();
  await page.getByRole("textbox", { name: "Template" }).getByText("Be brief.").waitFor();
  await page.getByText("Changed from v1").waitFor();
});

it("earlier runs are listed, and opened again with their values", async () => {
  await page.getByLabel("reader").fill("a pilot");
  await button("Run").click();
  await page.getByRole("region", { name: "Run" }).getByText("Done").waitFor();
  await page.getByLabel("reader").fill("nobody");
  await page.getByRole("tab", { name: "Runs" }).click();
  await button("Open again unsaved text").first().click();
  await page.getByText("The run is open again, with its values.").waitFor();
  expect(await page.getByLabel("reader").inputValue()).toBe("a pilot");
  await button("Open again v1").first().click();
  await page.getByRole("textbox", { name: "Template" }).getByText("Be brief.").waitFor({ state: "hidden" });
  expect(await page.getByLabel("reader").inputValue()).toBe("a busy manager");
  await everywhere("studio-runs");
});

it("a model without a key says so, and where one is stored", async () => {
  const options = await page.getByLabel("Provider").locator("option").allTextContents();
  expect(options).toContain("anthropic (no key)");
  expect(await page.getByRole("link", { name: "Add a key" }).getAttribute("href")).toBe("/providers");
  expect(
    await api("PUT", "/api/provider-credentials", { provider: "anthropic", secret: "sk-of-nobody" }),
  ).toBe(200);
  await page.reload();
  await page.getByLabel("Provider").selectOption("anthropic");
  await page.getByLabel("Model", { exact: true }).fill("claude-haiku-4-5");
  await page.getByText(/^\$[\d.]+ in, \$[\d.]+ out, per million tokens/).waitFor();
  await page.getByText(/^About \d+ tokens in: \$/).waitFor();
  await page.getByLabel("Model", { exact: true }).fill("claude-nobody-knows");
  await page.getByLabel("Longest answer").fill("100");
  await page.getByText("No price is known for this model").waitFor();
  expect(await inaccessible(page)).toEqual([]);
  await page.getByLabel("Provider").selectOption("sandbox");
});

it("description and tags are changed where they stand, and what is written is saved all the same", async () => {
  await button("Edit description and tags").click();
  await page.getByRole("textbox", { name: "Description", exact: true }).fill("Short and plain");
  await page.getByRole("textbox", { name: "Tags", exact: true }).fill("reading, short");
  expect(await inaccessible(page)).toEqual([]);
  await button("Save").click();
  await page.getByText("Short and plain").waitFor();
  await page.getByRole("textbox", { name: "Template" }).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(" Thank you.");
  await page.getByText("No problems").waitFor();
  await page.keyboard.press("Control+s");
  await page.getByText("Saved as version 2.").waitFor();
});

it("an endpoint is made of it, deployed, and called", async () => {
  await page.getByRole("link", { name: "Make an endpoint" }).click();
  await page.getByText("No problems").waitFor();
  await page.locator(".cm-line", { hasText: `use = "${NAME}"` }).waitFor();
  await button("Deploy").click();
  await page.getByRole("button", { name: /^Deploy to/ }).click();
  await page.getByText("It answers at").waitFor({ timeout: 180_000 });
  await goto("/");
  await page.getByRole("heading", { name: "Call your endpoint" }).waitFor();
  await page.getByRole("link", { name: "Try it" }).click();
  await button("Call").click();
  await page.getByRole("region", { name: "answer", exact: true }).waitFor();
  await goto("/");
  await page.getByRole("heading", { name: "Let callers in by key" }).waitFor();
});

it("who uses a prompt is told before it is deleted, and it comes back", async () => {
  await goto(`/prompts/${NAME}`);
  await button("Delete this prompt").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("list", { name: "Used by" }).getByRole("link", { name: NAME }).waitFor();
  expect(await inaccessible(page)).toEqual([]);
  await button("Delete it all the same").click();
  await heading("Prompts").waitFor();
  await button("Undo").click();
  await heading(NAME).waitFor();
  await button("Delete this prompt").click();
  await button("Delete it all the same").click();
  await page.getByRole("link", { name: "Deleted prompts" }).click();
  await heading("Deleted prompts").waitFor();
  await button(`Restore ${NAME}`).waitFor();
  await everywhere("prompts-deleted");
  await button(`Restore ${NAME}`).click();
  await page.getByText(`${NAME} is back`).waitFor();
});

it("prompts are found by their folder", async () => {
  const content = { prompt: { template: "Hello" } };
  for (const name of ["support/first-reply", "support/mail/last-reply"]) {
    expect(await api("POST", "/api/prompts", { name, content })).toBe(201);
  }
  await goto("/prompts");
  await page.getByLabel("Folder", { exact: true }).selectOption("support/mail/");
  await page.getByRole("link", { name: "support/mail/last-reply" }).waitFor();
  expect(await page.getByRole("link", { name: NAME, exact: true }).count()).toBe(0);
  await page.getByLabel("Folder", { exact: true }).selectOption("support/");
  await page.getByRole("link", { name: "support/first-reply" }).waitFor();
  expect(new URL(page.url()).searchParams.get("folder")).toBe("support/");
});

it("who says a prompt's name is told of before it is renamed, and what belongs to it goes along", async () => {
  await goto(`/prompts/${NAME}`);
  await button("Rename this prompt").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("support/first-reply");
  await button("Rename it").click();
  await dialog.getByRole("alert").getByText("A prompt is called `support/first-reply` already.").waitFor();
  await dialog.getByLabel("Name").fill("reading/summary");
  await button("Rename it").click();
  await dialog.getByRole("list", { name: "Used by" }).getByRole("link", { name: NAME }).waitFor();
  expect(await inaccessible(page)).toEqual([]);
  await button("Rename it all the same").click();
  await heading("reading/summary").waitFor();
  expect(new URL(page.url()).pathname).toBe("/prompts/reading%2Fsummary");
  await page.getByRole("tab", { name: "Runs" }).click();
  await button("Open again v1").first().waitFor();
  await button("Undo").click();
  await heading(NAME).waitFor();
});
