/** From an opened link to an endpoint that answers, and all that is done with it after. */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Pilot } from "./pilot";
import { stage } from "./stage";
import { until } from "./until";
import { inaccessible, picture, visit, type Visitor } from "./visitor";

/** How long a first deploy may take, in ms. */
const DEPLOY = 180_000;

let pilot: Pilot;
let visitor: Visitor;
let page: Page;
let url = "";

stage((started, who) => {
  [pilot, visitor, page] = [started, who, who.page];
});

const goto = (path: string) => page.goto(`${visitor.origin}${path}`);
const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
const heading = (name: string | RegExp) => page.getByRole("heading", { name, level: 1 });
const editor = () => page.getByRole("textbox", { name: "Definition in TOML" });

async function replaceInEditor(from: string, to: string): Promise<void> {
  await editor().click();
  await page.keyboard.press("Control+a");
  const lines = await page.locator(".cm-line").allTextContents();
  const text = lines.join("\n");
  expect(text).toContain(from);
  await page.evaluate((text) => navigator.clipboard.writeText(text), text.replace(from, to));
  await page.keyboard.press("Control+v");
}

async function deploy(): Promise<void> {
  await button("Deploy").click();
  await button(/^Deploy to/).click();
  await heading(/ v\d+$/).waitFor();
}

async function live(version: number): Promise<void> {
  await heading(new RegExp(` v${version}$`)).waitFor({ timeout: DEPLOY });
  await page.getByText("It answers at").waitFor({ timeout: DEPLOY });
}

it("the pages ask of this server only what it has", () => {
  const env = { ...process.env, PROMPTPILOT_API: pilot.api, PROMPTPILOT_TOKEN: pilot.token };
  execFileSync("node", ["scripts/client.mjs", "--check"], { cwd: resolve(import.meta.dirname, ".."), env });
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
    url =
      (await page
        .getByText(/^http:\/\/127\.0\.0\.1:\d+\/e\//)
        .first()
        .textContent()) ?? "";
  });
});

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
    const calls = async () => {
      const body = JSON.stringify({ name: "Grace" });
      const answer = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      expect(answer.status).toBe(200);
      return (await button(/^Show \d+ new call/).isVisible()) ? true : undefined;
    };
    await until("a new call", 30, calls);
    await button(/^Show \d+ new call/).click();
    await button(/^Show \d+ new call/).waitFor({ state: "hidden" });
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
    expect((await fetch(url, { method: "POST", headers, body: "{}" })).status).toBe(401);
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
    expect((await fetch(url, { method: "POST", headers, body })).status).toBe(200);
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

describe("everywhere", () => {
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

  it("a provider's key goes in, and never comes out", async () => {
    await goto("/providers");
    await button("Add a key").first().click();
    await page.getByRole("dialog").locator("input[type=password]").fill("sk-of-nobody-1234");
    expect(await inaccessible(page)).toEqual([]);
    await button("Store it").click();
    await page.getByRole("cell", { name: "…1234" }).waitFor();
    await button("Replace openai default").click();
    await page.getByRole("dialog").locator("input[type=password]").fill("sk-of-nobody-5678");
    await button("Store it").click();
    await page.getByRole("cell", { name: "…5678" }).waitFor();
    expect(await page.content()).not.toContain("sk-of-nobody");
    await button("Delete openai default").click();
    await page.getByLabel("Type default to go on").fill("default");
    await button("Delete it").click();
    await page.getByRole("heading", { name: "No keys of providers yet" }).waitFor();
  });

  it("an environment is made, looked at, and deleted by typing its name", async () => {
    await goto("/environments");
    await button("New environment").click();
    await page.getByLabel("Name").fill("staging");
    await button("Make it").click();
    await button("Look at staging").click();
    await heading("Endpoints").waitFor();
    expect(await page.getByLabel("Environment").inputValue()).toBe("staging");
    await page.getByLabel("Environment").selectOption("production");
    await heading("Overview").waitFor();
    await goto("/environments");
    await button("Delete staging").click();
    await page.getByLabel("Type staging to go on").fill("staging");
    expect(await inaccessible(page)).toEqual([]);
    await button("Delete it").click();
    await page.getByText("staging is gone.").waitFor();
  });

  it("the log says who did what, and how it was before", async () => {
    await goto("/audit?subject=environment");
    const deleted = page.locator("summary", { hasText: "deleted environment staging" });
    await deleted.click();
    await page.locator("del", { hasText: "staging" }).first().waitFor();
    expect(await inaccessible(page)).toEqual([]);
    await page.getByLabel("What it was done to").selectOption("credential");
    await page.waitForURL(/subject=credential/);
    await page.locator("summary", { hasText: "deleted provider's key default" }).waitFor();
    expect(await page.content()).not.toContain("sk-of-nobody");
    const path = (await page.getByRole("link", { name: "Export" }).getAttribute("href")) ?? "";
    const lines = await page.evaluate(async (path) => (await fetch(path)).text(), path);
    expect(lines.split("\n").filter((line) => line.includes('"credential"')).length).toBeGreaterThan(0);
  });

  it("an endpoint is deleted by typing its name", async () => {
    await goto("/endpoints/summarize?tab=settings");
    await button("Delete summarize").click();
    await page.getByLabel("Type summarize to go on").fill("summarize");
    await button("Delete it").click();
    await heading("Endpoints").waitFor();
    await page.getByRole("link", { name: "hello", exact: true }).waitFor();
    expect(await page.getByRole("link", { name: "summarize", exact: true }).count()).toBe(0);
  });

  it("somebody comes in by an invitation, and may do what their role allows", async () => {
    await goto("/members");
    await button("Invite").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("E-mail").fill("grace@example.com");
    await dialog.getByLabel("Role").selectOption("viewer");
    await button("Make the link").click();
    const link = await dialog.getByText(/\/invite\/\S+$/).textContent();
    await button("Done").click();
    await page.getByRole("heading", { name: "Open invitations" }).waitFor();

    const grace = await visit(visitor.origin + new URL(link ?? "").pathname);
    await grace.page.getByLabel("Name").fill("Grace");
    await grace.page.getByLabel("Password").fill("a long password");
    expect(await inaccessible(grace.page)).toEqual([]);
    await grace.page.getByRole("button", { name: "Sign up and join" }).click();
    await grace.page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    await grace.page.getByRole("link", { name: "hello", exact: true }).first().waitFor();
    await grace.page.goto(`${grace.origin}/members`);
    await grace.page.getByRole("cell", { name: /^Grace/ }).waitFor();
    expect(await grace.page.getByRole("button", { name: "Invite" }).isDisabled()).toBe(true);
    await grace.page.getByLabel("Organization").selectOption({ index: 0 });
    await grace.page.getByRole("heading", { name: "Begin with a prompt, on the sandbox" }).waitFor();
    expect(grace.complaints()).toEqual([]);
    await grace.close();

    await page.reload();
    await page.getByLabel("Role of Grace").selectOption("developer");
    await page.getByText("Grace is developer now.").waitFor();
    await button("Remove Grace").click();
    await button("Remove them").click();
    await page.getByText("Grace is not a member any more.").waitFor();
  });

  it("a command line is let in by its code", async () => {
    const asked = await fetch(`${pilot.api}/api/logins`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "laptop" }),
    });
    const { code, token } = (await asked.json()) as { code: string; token: string };
    const me = () => fetch(`${pilot.api}/api/me`, { headers: { authorization: `Bearer ${token}` } });
    expect((await me()).status).toBe(401);
    await goto("/device");
    await page.getByLabel("Code").fill(code);
    await button("Go on").click();
    await page.getByText("laptop").waitFor();
    expect(await inaccessible(page)).toEqual([]);
    await button("Approve").click();
    await page.getByText("The command line is let in").waitFor();
    expect((await me()).status).toBe(200);
    await goto("/profile");
    await button("Revoke laptop").click();
    await button("Revoke it").click();
    await page.getByText("laptop opens nothing any more.").waitFor();
    expect((await me()).status).toBe(401);
    await button("New token").click();
    await page.getByLabel("Name").fill("ci");
    await button("Make the token").click();
    await page.getByRole("region", { name: "the token" }).waitFor();
    await button("I have stored it").click();
    await page.getByRole("cell", { name: "ci", exact: true }).waitFor();
    await goto("/device?code=WRONG");
    await page.getByText("The code could not be looked up").waitFor();
  });

  it("who has no link is told where it is", async () => {
    await page.context().clearCookies();
    await goto("/endpoints");
    await heading("Sign in").waitFor();
    expect(await inaccessible(page)).toEqual([]);
  });
});

const scrollsSideways = () => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
