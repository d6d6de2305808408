/** A definition, from a starter to an endpoint that answers. */
import { describe, expect, it } from "vitest";
import { inaccessible, picture } from "../visitor";
import { button, editor, goto, live, page, replaceInEditor, scrollsSideways, url } from "./story";

describe("designing", () => {
  it("shows an error where it is, and heals", async () => {
    await goto("/endpoints/new");
    await page.getByRole("link", { name: /^Text in, text out/ }).click();
    await page.getByText("No problems").waitFor();
    await replaceInEditor("{{ name }}", "{{ nmae }}");
    await page.getByText(/^\d errors?$/).waitFor();
    expect(await button("Deploy").isDisabled()).toBe(true);
    await page.getByRole("region", { name: "Problems" }).getByText("did you mean `name`?").waitFor();
    expect(await inaccessible(page)).toEqual([]);
    await replaceInEditor("{{ nmae }}", "{{ name }}");
    await page.getByText("No problems").waitFor();
  });

  it("is edited in a form, and what else the text says stays", async () => {
    const line = (text: string) => editor().locator(".cm-line", { hasText: text });
    await page.getByRole("textbox", { name: "Description", exact: true }).fill("Greet somebody warmly");
    await line('description = "Greet somebody warmly"').waitFor();
    await page.getByLabel("Longest answer").fill("250");
    await line("max_tokens = 250").waitFor();
    await page.getByLabel("Longest answer").press("Control+z");
    await line("max_tokens = 200").waitFor();
    await page.getByRole("textbox", { name: "Template", exact: true }).fill("Greet {{ name }} {{ how }}.");
    await button("Add how").click();
    await line("[request.how]").waitFor();
    await page.getByText("No problems").waitFor();
    await button("Move how up").click();
    await button("Remove how").click();
    await page
      .getByRole("textbox", { name: "Template", exact: true })
      .fill("Greet {{ name }} in one friendly sentence.");
    await page.getByText("No problems").waitFor();
    await line("# The sandbox answers without network").waitFor();
    await line("# anybody who has the URL may call").waitFor();
    expect(await line("[request.how]").count()).toBe(0);
  });

  it("locks the form while the text cannot be read, and says the line", async () => {
    await replaceInEditor("[model]", "[model");
    await page.getByText(/^The text cannot be read at line \d+/).waitFor();
    expect(await page.getByLabel("Longest answer").isDisabled()).toBe(true);
    await replaceInEditor("[model", "[model]");
    await page.getByText("No problems").waitFor();
  });

  it("leads from a problem to the form, mends it there, and is the same in JSON", async () => {
    await replaceInEditor("max_length", "max_lenght");
    const problems = page.getByRole("region", { name: "Problems" });
    await problems.getByRole("button", { name: "Write max_length" }).click();
    await page.getByText("No problems").waitFor();
    await page.getByText("JSON", { exact: true }).first().click();
    const json = page.getByLabel("Definition in JSON");
    const said = JSON.parse(await json.inputValue()) as { request: { name: object } };
    await json.fill(JSON.stringify({ ...said, log: "metadata" }));
    await button("Write it into the text").click();
    await editor().locator(".cm-line", { hasText: 'log         = "metadata"' }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("Form", { exact: true }).click();
    await page.getByLabel("Kept of a call").selectOption("full");
    await editor().locator(".cm-line", { hasText: 'log         = "full"' }).waitFor();
    for (const width of [375, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      if (width === 375) await page.getByText("Form and previews", { exact: true }).click();
      await page.locator("summary", { hasText: "at most 100 characters" }).click();
      expect(await inaccessible(page)).toEqual([]);
      expect(await scrollsSideways()).toBe(false);
      await picture(page, `form-${width}`);
    }
    await page.getByText("No problems").waitFor();
  });

  it("shows the Rust that it becomes", async () => {
    await page.getByText("Rust", { exact: true }).click();
    await page.getByRole("region", { name: "src/main.rs" }).getByText("fn main").waitFor();
  });

  it("keeps what was typed through a reload", async () => {
    await replaceInEditor("one friendly sentence", "two friendly sentences");
    await page.getByText("kept in this browser").waitFor();
    await page.reload();
    await page.getByText("This is what you typed").waitFor();
    await editor().getByText("two friendly sentences").waitFor();
  });

  it("deploys, and is followed until it is live", async () => {
    await page.getByText("No problems").waitFor();
    await page.keyboard.press("Control+Shift+D");
    await page.getByRole("dialog").getByText("as a new endpoint").waitFor();
    expect(await inaccessible(page)).toEqual([]);
    await page.getByLabel("Why").fill("The first one");
    await button(/^Deploy to/).click();
    await live(1);
    await page.getByRole("log").getByText("healthy after").waitFor();
    await page
      .getByText(await url())
      .first()
      .waitFor();
  });
});
