/** Pages as they are opened by an address, by a browser that has nothing of them yet. */
import type { BrowserContext, Page } from "playwright-core";
import { median, type Table } from "./table";

const TIMES = 5;

/** How long a page is looked at after its title is there, in ms. */
const LOOK = 1_500;

interface Load {
  /** Largest contentful paint, in ms. */
  paint: number;
  /** Cumulative layout shift. */
  shift: number;
  /** Longest task once the title was there, in ms. */
  task: number;
}

declare global {
  interface Window {
    measured: { paint: number; shift: number; tasks: { at: number; took: number }[] };
  }
}

interface Shift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
}

export async function loads(
  fresh: () => Promise<BrowserContext>,
  origin: string,
  pages: Record<string, string>,
  table: Table,
): Promise<void> {
  for (const [name, path] of Object.entries(pages)) {
    const all: Load[] = [];
    for (let time = 0; time < TIMES; time++) all.push(await load(await fresh(), `${origin}${path}`));
    table.atMost(`${name}: opened, largest paint`, "ms", median(all.map(({ paint }) => paint)), 1000, 0);
    table.atMost(`${name}: opened, layout shift`, "", median(all.map(({ shift }) => shift)), 0.02, 3);
    table.atMost(`${name}: opened, longest task after`, "ms", median(all.map(({ task }) => task)), 200, 0);
  }
}

async function load(context: BrowserContext, url: string): Promise<Load> {
  const page = await context.newPage();
  await page.addInitScript(observe);
  await page.goto(url);
  await page.locator("h1").first().waitFor();
  const there = await page.evaluate(() => performance.now());
  await page.waitForTimeout(LOOK);
  const { paint, shift, tasks } = await page.evaluate(() => window.measured);
  await context.close();
  const after = tasks.filter(({ at }) => at > there).map(({ took }) => took);
  return { paint, shift, task: Math.max(0, ...after) };
}

/** Runs in the page before anything of it does. */
function observe(): void {
  const measured: Window["measured"] = { paint: 0, shift: 0, tasks: [] };
  window.measured = measured;
  const on = (type: string, each: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
  on("largest-contentful-paint", ({ startTime }) => (measured.paint = startTime));
  on("layout-shift", (entry) => {
    const { value, hadRecentInput } = entry as Shift;
    if (!hadRecentInput) measured.shift += value;
  });
  on("longtask", ({ startTime, duration }) => measured.tasks.push({ at: startTime, took: duration }));
}

/** From a click in the navigation to the next page's title, in a browser that has been there. */
export async function routes(page: Page, origin: string, table: Table): Promise<void> {
  await page.goto(origin);
  const links = ["Prompts", "Endpoints", "Deployments", "Calls", "API keys", "Overview"];
  const go = async (name: string): Promise<number> => {
    const link = page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true });
    await link.hover();
    return page.evaluate(
      ([name]) =>
        new Promise<number>((done) => {
          const began = performance.now();
          const look = () => {
            if (document.querySelector("h1")?.textContent !== name) return;
            seen.disconnect();
            requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
          };
          const seen = new MutationObserver(look);
          seen.observe(document.body, { subtree: true, childList: true, characterData: true });
          const found = [...document.querySelectorAll<HTMLElement>("nav[aria-label=Pages] a")];
          found.find((link) => link.textContent.trim() === name)?.click();
        }),
      [name],
    );
  };
  for (const name of links) await go(name);
  const took: number[] = [];
  for (let time = 0; time < 3; time++) for (const name of links) took.push(await go(name));
  table.atMost("From a click to another page, median", "ms", median(took), 150, 0);
}
