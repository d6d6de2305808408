/**
 * The figures that pages are held to, against the real binary on the sandbox: `make bench-dashboard`. A log of
 * 50,000 lines is not among them: no build writes one that long.
 */
import { expect, it } from "vitest";
import { start } from "../e2e/pilot";
import { visit } from "../e2e/visitor";
import { loads, routes } from "./loads";
import { studio } from "./studio";
import { Table } from "./table";
import { furnish } from "./world";

it("pages are as quick as they should be", async () => {
  const pilot = await start();
  const visitor = await visit(pilot.link);
  const { page, origin } = visitor;
  try {
    const { pages } = await furnish(pilot);
    const table = new Table();
    const browser = page.context().browser();
    // Who has signed in once, in a browser that keeps nothing else.
    const storageState = await page.context().storageState();
    const fresh = () => {
      if (!browser) throw new Error("the browser is gone");
      return browser.newContext({ storageState, viewport: { width: 1440, height: 900 } });
    };
    await loads(fresh, origin, pages, table);
    await routes(page, origin, table);
    await studio(page, origin, table);
    console.log(`\n${table.text()}`);
    expect(table.missed()).toEqual([]);
  } finally {
    await visitor.close();
    await pilot.stop();
  }
});
