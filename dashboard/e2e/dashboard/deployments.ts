/** Later versions: what they change, what fails, and the way back. */
import { describe, expect, it } from "vitest";
import { inaccessible } from "../visitor";
import { button, DEPLOY, deploy, goto, live, page, replaceInEditor, url } from "./story";

describe("changing", () => {
  it("shows what a new version changes, and what callers notice", async () => {
    await goto("/endpoints/hello/design");
    await page.getByText("No problems").waitFor();
    await replaceInEditor("max_length = 100", "max_length = 120");
    await page.getByText("Changed from v1").waitFor();
    await page.getByText("No problems").waitFor();
    await replaceInEditor('mode = "public" # anybody who has the URL may call', 'mode = "api-key"');
    await page.getByText("No problems").waitFor();
    await button("Deploy").click();
    await page.getByText("Callers need a key from now on.").waitFor();
    expect(await inaccessible(page)).toEqual([]);
    await button(/^Deploy to/).click();
    await live(2);
    const headers = { "content-type": "application/json" };
    expect((await fetch(await url(), { method: "POST", headers, body: "{}" })).status).toBe(401);
  });

  it("goes back to a version, and back again", async () => {
    await goto("/endpoints/hello?tab=versions");
    await button("Go back to version 1").click();
    expect(await inaccessible(page)).toEqual([]);
    await button("Go back").click();
    await page.getByText("Version 1 of hello serves.").waitFor();
    await page.getByText("Live v1").waitFor();
    await button("Undo").click();
    await page.getByText("Live v2").waitFor();
  });

  it("a failed deploy says what to mend, and leads there", async () => {
    await goto("/endpoints/new?from=summary");
    await page.getByText("No problems").waitFor();
    await replaceInEditor('contains = ["cat"]', 'contains = ["unicorn"]');
    await page.getByText("kept in this browser").waitFor();
    await page.getByText("No problems").waitFor();
    await deploy();
    await page
      .getByRole("alert")
      .getByText("the answer does not contain `unicorn`")
      .waitFor({ timeout: DEPLOY });
    expect(await inaccessible(page)).toEqual([]);
    await page.getByRole("link", { name: /^Mend it at line \d+/ }).click();
    await replaceInEditor("unicorn", "cat");
    await page.getByText("Changed from v1").waitFor();
    await page.getByText("No problems").waitFor();
    await deploy();
    await live(2);
  });

  it("searches a log, and links to its lines", async () => {
    await page.getByLabel("Search the log").fill("healthy");
    await page.getByText("1 of 1").waitFor();
    await page.getByRole("link", { name: "Line 1", exact: true }).click();
    await page.waitForURL(/line=1/);
  });
});
