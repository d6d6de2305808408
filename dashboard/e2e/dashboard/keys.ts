/** API keys: made, used and revoked. */
import { describe, expect, it } from "vitest";
import { inaccessible } from "../visitor";
import { button, goto, heading, page, url } from "./story";

describe("keys", () => {
  it("are shown once, in a dialog that nothing closes by accident", async () => {
    await goto("/keys");
    await heading("API keys").waitFor();
    await page.keyboard.press("c");
    await page.getByLabel("Name").fill("website");
    expect(await inaccessible(page)).toEqual([]);
    await button("Make the key").click();
    const shown = page.getByRole("region", { name: "the key" });
    await shown.getByText(/^pp_live_/).waitFor();
    const key = await shown.textContent();
    await page.keyboard.press("Escape");
    await page.mouse.click(5, 5);
    expect(await shown.isVisible()).toBe(true);
    expect(await inaccessible(page)).toEqual([]);
    const body = JSON.stringify({ name: "Ada" });
    const headers = { authorization: `Bearer ${key ?? ""}`, "content-type": "application/json" };
    expect((await fetch(await url(), { method: "POST", headers, body })).status).toBe(200);
    await button("I have stored it").click();
    await page.getByText("website").waitFor();
    expect(await page.content()).not.toContain(key);
  });

  it("are revoked by typing their name", async () => {
    await button("Revoke website").click();
    expect(await button("Revoke it").isDisabled()).toBe(true);
    await page.getByLabel("Type website to go on").fill("website");
    await button("Revoke it").click();
    await page.getByText("Revoked", { exact: true }).waitFor();
  });
});
