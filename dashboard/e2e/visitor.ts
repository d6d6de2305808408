/** Somebody with a browser, who notices what no page may do. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium, type Browser, type Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export interface Visitor {
  page: Page;
  origin: string;
  /** What went wrong since the last time it was asked. */
  complaints: () => string[];
  close: () => Promise<void>;
}

export async function visit(link: string): Promise<Visitor> {
  const browser = await launch();
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: "light",
    reducedMotion: "reduce",
  });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const { origin } = new URL(link);
  let complaints: string[] = [];
  page.on("pageerror", ({ message }) => complaints.push(`thrown: ${message}`));
  page.on("console", (message) => {
    // Refusals that a page shows are logged by the browser, too; the page's own errors count.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(`console: ${message.text()}`);
    }
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(?:data|blob):/.test(url)) complaints.push(`another origin: ${url}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 500) complaints.push(`${response.status()} of ${response.url()}`);
  });
  await page.goto(link);
  return {
    page,
    origin,
    complaints: () => {
      const told = complaints;
      complaints = [];
      return told;
    },
    close: () => browser.close(),
  };
}

async function launch(): Promise<Browser> {
  const executablePath =
    process.env["CHROMIUM"] ?? execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim();
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args });
}

/** What axe finds serious on the page as it is, each with its first place; by some of its rules, or by all. */
export async function inaccessible(page: Page, rules: string[] = []): Promise<string[]> {
  // The page's policy keeps scripts of others out; this one comes through the debugger.
  await page.evaluate(AXE);
  return page.evaluate(async (rules) => {
    const axe = (globalThis as unknown as { axe: typeof import("axe-core") }).axe;
    const { violations } = await axe.run(document, {
      resultTypes: ["violations"],
      ...(rules.length > 0 ? { runOnly: rules } : {}),
    });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""} ${nodes[0]?.failureSummary ?? ""}`);
  }, rules);
}

/** Where pictures go, if they are wanted. */
const PICTURES = process.env["PROMPTPILOT_PICTURES"];

/** A picture of the page as it is. */
export async function picture(page: Page, name: string): Promise<void> {
  if (!PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}/${name}.png` });
}
