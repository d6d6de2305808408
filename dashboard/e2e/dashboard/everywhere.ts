/** What holds on all pages. */
import { expect, it } from "vitest";
import { inaccessible, picture } from "../visitor";
import { button, goto, heading, page, scrollsSideways, visitor } from "./story";

it("keys lead to pages, and the palette to endpoints", async () => {
  await goto("/");
  await heading("Overview").waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await heading("Deployments").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByText("Go to Endpoints").waitFor();
  expect(await inaccessible(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder("A page, a prompt, an endpoint, or an id").fill("summ");
  await page.getByRole("dialog").getByText("Summarise a text").waitFor();
  expect(await inaccessible(page)).toEqual([]);
  await page.keyboard.press("Enter");
  await heading("summarize").waitFor();
});

it("an address that is no page offers the one that was meant", async () => {
  await goto("/endpoints/summarise");
  await page.getByRole("main").getByRole("link", { name: "summarize" }).click();
  await heading("summarize").waitFor();
});

it("a server that does not answer is told of, and waited for", async () => {
  await page.context().setOffline(true);
  // Unless a request of the page's own has found it out already, and the button is no use any more.
  await button("Call").dispatchEvent("click");
  await page.getByText("The server does not answer. What you typed is kept").waitFor({ timeout: 30_000 });
  expect(await button("Call").isDisabled()).toBe(true);
  await page.context().setOffline(false);
  await page.getByText("The server does not answer. What you typed is kept").waitFor({ state: "hidden" });
  visitor.complaints();
});

it("every page can be used by everybody, light and dark, wide and narrow", async () => {
  const deployment = await page.evaluate(async () => {
    const answer = await fetch("/api/deployments?limit=1");
    return ((await answer.json()) as { items: { id: string }[] }).items[0]?.id ?? "";
  });
  const pages: Record<string, string> = {
    overview: "/",
    endpoints: "/endpoints",
    new: "/endpoints/new",
    endpoint: "/endpoints/summarize",
    versions: "/endpoints/summarize?tab=versions",
    code: "/endpoints/summarize?tab=code",
    settings: "/endpoints/summarize?tab=settings",
    designer: "/endpoints/summarize/design",
    deployments: "/deployments",
    deployment: `/deployments/${deployment}`,
    calls: "/calls",
    keys: "/keys",
    members: "/members",
    providers: "/providers",
    environments: "/environments",
    budget: "/budget",
    audit: "/audit",
    profile: "/profile",
    device: "/device",
    nowhere: "/nowhere",
  };
  const found: string[] = [];
  for (const width of [1440, 375]) {
    await page.setViewportSize({ width, height: 900 });
    for (const [name, path] of Object.entries(pages)) {
      await page.emulateMedia({ colorScheme: "light" });
      await goto(path);
      await page.waitForFunction(
        () => document.querySelector("h1") !== null && !document.body.innerText.includes("Loading"),
      );
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const where = `${name} ${width} ${colorScheme}`;
        // Only colours differ by scheme.
        const rules = colorScheme === "light" ? [] : ["color-contrast"];
        found.push(...(await inaccessible(page, rules)).map((what) => `${where}: ${what}`));
        if (await scrollsSideways()) found.push(`${where}: it scrolls sideways`);
        await picture(page, `${name}-${colorScheme}-${width}`);
      }
    }
  }
  expect(found).toEqual([]);
  await page.setViewportSize({ width: 1440, height: 900 });
}, 180_000);
