/** Calls: made, found, counted, exported and made again. */
import { describe, expect, it } from "vitest";
import { until } from "../until";
import { inaccessible } from "../visitor";
import { button, goto, page, url } from "./story";

describe("calling", () => {
  it("can be tried without a key", async () => {
    await goto("/endpoints/hello");
    await page.getByLabel("name").fill("Ada");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("region", { name: "answer" }).getByText("Ada").waitFor();
    await page.getByLabel("name").fill("x".repeat(101));
    await button("Call").click();
    await page.getByText("422", { exact: true }).waitFor();
  });

  it("leaves each call in the log, the new ones when they are asked for", async () => {
    await goto("/calls");
    await page.getByRole("cell", { name: /hello/ }).first().waitFor();
    const endpoint = await url();
    const calls = async () => {
      const body = JSON.stringify({ name: "Grace" });
      const answer = await fetch(endpoint, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      expect(answer.status).toBe(200);
      return (await button(/^Show \d+ new call/).isVisible()) ? true : undefined;
    };
    await until("a new call", 30, calls);
    // The one before may be told of only after the first of them was asked for.
    await until("all of them", 30, async () => {
      const more = button(/^Show \d+ new call/);
      if (!(await more.isVisible())) return true;
      // Gone already, where what it was there for has come meanwhile.
      await more.click({ timeout: 2_000 }).catch(() => undefined);
      return undefined;
    });
    await button("hello").first().click();
    const drawer = page.getByRole("dialog");
    await drawer.getByRole("region", { name: "request" }).getByText("Grace").waitFor();
    expect(await inaccessible(page)).toEqual([]);
    const first = page.url();
    await page.keyboard.press("j");
    await page.waitForURL((now) => now.href !== first);
    await page.reload();
    await drawer.getByText("Where the time went").waitFor();
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "hidden" });
  });

  it("are found by status and time, and the address says which", async () => {
    await goto("/calls");
    await page.getByLabel("Status").selectOption("4xx");
    await page.getByLabel("Time").selectOption("1h");
    await page.waitForURL(/status=4xx&within=1h/);
    await page.getByRole("cell", { name: "422" }).first().waitFor();
    expect(await page.getByRole("cell", { name: "200" }).count()).toBe(0);
    await page.getByLabel("Status").selectOption("5xx");
    await page.getByText("No such calls").waitFor();
    await button("Show all calls").click();
    await page.getByRole("cell", { name: "200" }).first().waitFor();
  });

  it("are kept to the time that is chosen on the histogram", async () => {
    await goto("/calls");
    const chosen = button(/^Remove the time /);
    await page.getByRole("slider", { name: "From" }).press("End");
    // The half hour that has just begun may have no call yet.
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    await page.waitForURL(/since=.+&until=/);
    await page.getByRole("cell", { name: "200" }).first().waitFor();
    await page.reload();
    await chosen.waitFor();
    expect(await page.getByLabel("Time").inputValue()).toBe("chosen");
    expect(await inaccessible(page)).toEqual([]);
    await page.goBack();
    await chosen.waitFor({ state: "hidden" });
    const bars = await page.getByRole("group", { name: "Bars to choose from" }).boundingBox();
    const { x = 0, y = 0, width = 0 } = bars ?? {};
    await page.mouse.move(x + 5, y + 20);
    await page.mouse.down();
    await page.mouse.move(x + width / 2, y + 20, { steps: 4 });
    await page.mouse.up();
    await page.getByText("No such calls").waitFor();
    await chosen.click();
    await page.getByRole("cell", { name: "200" }).first().waitFor();
  });

  it("are found by words and by all that they differ by, exported, and made again", async () => {
    await goto("/calls");
    await page.getByLabel("Words in request, answer or error").fill("Grace");
    await page.keyboard.press("Enter");
    await page.waitForURL(/text=Grace/);
    await button("More filters").click();
    await page.getByLabel("Made as").selectOption("call");
    await page.getByLabel("Took at most").fill("60000");
    await page.keyboard.press("Enter");
    await page.waitForURL(/text=Grace&source=call&max_latency_ms=60000/);
    await page.getByRole("figure").waitFor();
    expect(await inaccessible(page)).toEqual([]);
    const link = await page.getByRole("link", { name: "CSV of these calls" }).getAttribute("href");
    const lines = await page.evaluate(async (link) => (await fetch(link)).text(), link ?? "");
    expect(lines.trim().split("\n").length).toBeGreaterThan(1);
    await button("hello").first().click();
    await button("Replay").click();
    await page.getByRole("region", { name: "new answer" }).getByText("Grace").waitFor();
  });
});
