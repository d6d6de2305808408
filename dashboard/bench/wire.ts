/** What is loaded until the first page is there, as the browser counts it. */
import type { BrowserContext, Page } from "playwright-core";
import type { Table } from "./table";

declare global {
  interface Window {
    /** When the page's title came. */
    titled: number;
  }
}

export async function wire(
  fresh: () => Promise<BrowserContext>,
  origin: string,
  table: Table,
): Promise<void> {
  const context = await fresh();
  const page = await context.newPage();
  // What every browser takes; most take what is smaller.
  await page.setExtraHTTPHeaders({ "accept-encoding": "gzip" });
  await page.addInitScript(() => {
    const seen = new MutationObserver(() => {
      if (!document.querySelector("h1")) return;
      seen.disconnect();
      window.titled = performance.now();
    });
    seen.observe(document, { subtree: true, childList: true });
  });
  await page.goto(origin);
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  table.atMost("First load over the wire, JavaScript", "kB", await weight(page, ".js"), 170);
  table.atMost("First load over the wire, CSS", "kB", await weight(page, ".css"), 20);
  await context.close();
}

/** Bodies as they came, of files with such an ending, in kB. */
function weight(page: Page, ending: string): Promise<number> {
  return page.evaluate((ending) => {
    const loaded = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    const those = loaded.filter(
      ({ name, startTime }) => new URL(name).pathname.endsWith(ending) && startTime < window.titled,
    );
    if (those.length === 0) throw new Error(`nothing with ${ending} was loaded`);
    return those.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0) / 1000;
  }, ending);
}
