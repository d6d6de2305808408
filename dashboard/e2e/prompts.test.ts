/** From the library to a prompt that says what it should, and an endpoint could refer to. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import type { Pilot } from "./pilot";
import { stage } from "./stage";
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
const panel = () => page.getByRole("region", { name: "Run" });
const answer = () => page.getByRole("region", { name: "answer" });
const template = () => page.getByRole("textbox", { name: "Template" });

async function typeAtTheEnd(text: string): Promise<void> {
  await template().click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(text);
}

it("an empty list teaches, and the library gives a prompt", async () => {
  await goto("/");
  await heading("Overview").waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await page.getByRole("heading", { name: "No prompts yet" }).waitFor();
  await page.getByText("Summarise for a reader").waitFor();
  expect(await inaccessible(page)).toEqual([]);
  await button("Use Summarise for a reader").click();
  await heading(NAME).waitFor();
  await page.getByText("No problems").waitFor();
  expect(await page.getByLabel("reader").inputValue()).toBe("a busy manager");
});

it("a run comes word by word, and says what it took", async () => {
  await page.keyboard.press("Control+Enter");
  await panel().getByText("Running").waitFor();
  await answer().waitFor();
  await panel().getByText("Done").waitFor();
  await answer().getByText("the sandbox's answer").waitFor();
  await panel()
    .getByText(/^\d+ in, \d+ out$/)
    .waitFor();
  expect(await inaccessible(page)).toEqual([]);
});

it("a run is stopped", async () => {
  await page.getByLabel("Model", { exact: true }).fill("slow-15000");
  await button("Run").click();
  await button("Stop").click();
  await panel().getByText("Stopped").waitFor();
  await page.getByLabel("Model", { exact: true }).fill("echo");
});

it("an error is shown where it is, and variables as they come", async () => {
  await typeAtTheEnd("{% if mood %}Say it {{ mood }}.");
  await page.getByRole("list", { name: "Problems" }).waitFor();
  expect(await button("Run").isDisabled()).toBe(true);
  await typeAtTheEnd("{% endif %}");
  await page.getByText("No problems").waitFor();
  await page.getByLabel("mood").fill("cheerfully");
  await page.getByText("kept in this browser").waitFor();
  await page.reload();
  await page.getByText("is here again").waitFor();
  expect(await page.getByLabel("mood").inputValue()).toBe("cheerfully");
});

it("is saved as a version, whose changes can be seen", async () => {
  await page.getByText("No problems").waitFor();
  await page.getByLabel("Why, for the history").fill("Say how");
  await page.keyboard.press("Control+s");
  await page.getByText("Saved as version 2.").waitFor();
  await page.getByRole("cell", { name: "Say how" }).waitFor();
  await button("Changes of version 2").click();
  await page.getByRole("group", { name: "From version 1 to version 2" }).getByText("mood").first().waitFor();
  expect(await inaccessible(page)).toEqual([]);
  await page.keyboard.press("Escape");
});

it("who was slower sees what the other one did, and chooses", async () => {
  await typeAtTheEnd(" Mine.");
  const content = {
    prompt: { template: "Theirs: {{ text }}" },
    model: { provider: "sandbox", name: "echo" },
    values: { text: "Short." },
  };
  const other = await pilot.ask("PATCH", `/api/prompts/${NAME}`, { content, message: "Shorter" });
  expect(other.status).toBe(200);
  await page.getByText("No problems").waitFor();
  await page.keyboard.press("Control+s");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Version 3 was saved").waitFor();
  await dialog.getByText("Theirs:").waitFor();
  expect(await inaccessible(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Save mine as v4" }).click();
  await page.getByText("Saved as version 4.").waitFor();
});

it("a label says which version is good, and how an endpoint refers to it", async () => {
  await page.getByRole("tab", { name: "Labels" }).click();
  await button("Set the label").click();
  await button("Set it").click();
  await page.getByText("production is v4 now.").waitFor();
  await page.getByLabel("Version of production").selectOption("2");
  await button("Move it").click();
  await page.getByText("production is v2 now.").waitFor();
  expect(await inaccessible(page)).toEqual([]);
  await page.getByRole("tab", { name: "Used by" }).click();
  await page.getByRole("region", { name: "reference" }).getByText(`use = "${NAME}@production"`).waitFor();
  await button("Copy reference").click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    `[prompt]\nuse = "${NAME}@production"`,
  );
});

it("an old version is brought back as a new one", async () => {
  await page.getByRole("tab", { name: "Versions" }).click();
  await button("Go back to version 1").click();
  await button("Make it version 5").click();
  await page.getByText("Version 5 says what version 1 said.").waitFor();
});

it("a prompt in a folder is made, and found", async () => {
  await goto("/prompts");
  await heading("Prompts").waitFor();
  await button("New prompt").click();
  await page.getByLabel("Name").fill("support/first-reply");
  await page.getByLabel("Tags").fill("support, mail");
  await button("Make it").click();
  await heading("support/first-reply").waitFor();
  await page.reload();
  await heading("support/first-reply").waitFor();
  expect(new URL(page.url()).pathname).toBe("/prompts/support%2Ffirst-reply");
  await goto("/prompts?tag=mail");
  await page.getByRole("link", { name: "support/first-reply" }).waitFor();
  expect(await page.getByRole("link", { name: NAME }).count()).toBe(0);
  await page.getByLabel("Search prompts").fill("nothing says this");
  await page.getByText("No prompt has that.").waitFor();
  expect(new URL(page.url()).search).toContain("q=nothing");
});

it("can be used by everybody, light and dark, wide and narrow", async () => {
  const pages: Record<string, string> = {
    prompts: "/prompts",
    studio: `/prompts/${NAME}`,
    "studio-version": `/prompts/${NAME}?v=2&tab=labels`,
    "studio-uses": "/prompts/support%2Ffirst-reply?tab=uses",
  };
  const found: string[] = [];
  for (const width of [1440, 375]) {
    await page.setViewportSize({ width, height: 900 });
    for (const [name, path] of Object.entries(pages)) {
      await page.emulateMedia({ colorScheme: "light" });
      await goto(path);
      await heading(
        name === "prompts" ? "Prompts" : name === "studio-uses" ? "support/first-reply" : NAME,
      ).waitFor();
      if (name !== "prompts") await page.getByText("No problems").waitFor();
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const rules = colorScheme === "light" ? [] : ["color-contrast"];
        found.push(...(await inaccessible(page, rules)).map((what) => `${name} ${width}: ${what}`));
        if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) {
          found.push(`${name} ${width}: it scrolls sideways`);
        }
        await picture(page, `${name}-${colorScheme}-${width}`);
      }
    }
  }
  expect(found).toEqual([]);
});
