/** The link, and what a page says where there is nothing yet. */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { inaccessible } from "../visitor";
import { goto, heading, page, pilot } from "./story";

it("the pages ask of this server only what it has", () => {
  const env = { ...process.env, PROMPTPILOT_API: pilot.api, PROMPTPILOT_TOKEN: pilot.token };
  execFileSync("node", ["scripts/client.mjs", "--check"], {
    cwd: resolve(import.meta.dirname, "../.."),
    env,
  });
});

it("the link opens the overview, which says what to do first", async () => {
  await heading("Overview").waitFor();
  await page.getByRole("heading", { name: "Begin with a prompt, on the sandbox" }).waitFor();
  for (const path of ["/endpoints", "/deployments", "/calls", "/keys"]) {
    await goto(path);
    await page.getByRole("heading", { name: /^No .* yet$/ }).waitFor();
    expect(await inaccessible(page)).toEqual([]);
  }
});
