/**
 * The figures that pages are held to, against the real binary on the sandbox: `make bench-dashboard`.
 * `PROMPTPILOT_PARTS=log,deploy` measures only these parts.
 */
import { expect, it } from "vitest";
import { start } from "../e2e/pilot";
import { visit } from "../e2e/visitor";
import { deploy } from "./deploy";
import { loads, routes } from "./loads";
import { log } from "./log";
import { newcomer } from "./newcomer";
import { studio } from "./studio";
import { Table } from "./table";
import { wire } from "./wire";
import { furnish } from "./world";

const CHOSEN = process.env["PROMPTPILOT_PARTS"]?.split(",");
const isWanted = (part: string): boolean => CHOSEN?.includes(part) ?? true;

it("pages are as quick as they should be", async () => {
  const table = new Table();
  try {
    await inUse(table);
    // On a machine that has nothing else to do.
    if (isWanted("newcomer")) await newcomer(table);
  } finally {
    console.log(`\n${table.text()}`);
  }
  expect(table.missed()).toEqual([]);
});

/** All that is measured where somebody has worked already. */
async function inUse(table: Table): Promise<void> {
  const pilot = await start();
  const visitor = await visit(pilot.link);
  const { page, origin } = visitor;
  try {
    const { pages, deployment } = await furnish(pilot);
    const browser = page.context().browser();
    // Who has signed in once, in a browser that keeps nothing else.
    const storageState = await page.context().storageState();
    const fresh = () => {
      if (!browser) throw new Error("the browser is gone");
      return browser.newContext({ storageState, viewport: { width: 1440, height: 900 } });
    };
    const parts: Record<string, () => Promise<void>> = {
      wire: () => wire(fresh, origin, table),
      loads: () => loads(fresh, origin, pages, table),
      routes: () => routes(page, origin, table),
      studio: () => studio(page, origin, table),
      deploy: () => deploy(page, origin, table),
      log: () => log(page, origin, pilot, deployment, table),
    };
    for (const [part, measure] of Object.entries(parts)) if (isWanted(part)) await measure();
  } finally {
    await visitor.close();
    await pilot.stop();
  }
}
