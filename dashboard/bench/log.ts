/** A build's log of 50,000 lines: how soon it is there, what is found in it, and how it is followed. */
import type { Page } from "playwright-core";
import type { Pilot } from "../e2e/pilot";
import { sql } from "./database";
import { reopen, trickle, write } from "./lines";
import { median, quantile, type Table } from "./table";
import { clicked, frames, keyed } from "./watch";

const LINES = 50_000;
const TIMES = 5;

/** Texts that are looked for; each of their keys changes what is found. */
const WANTED = ["123", "4094", "777", "9081", "50"];
const FOUND = "[aria-labelledby=log] [role=status]";

/** Lines a second that are written under the reader, for so many seconds, in so many pieces a second. */
const WRITTEN = { rate: 500, seconds: 8, times: 10 };

export async function log(
  page: Page,
  origin: string,
  pilot: Pilot,
  deployment: string,
  table: Table,
): Promise<void> {
  await write(pilot, deployment, LINES);
  const open = async (line: number) => {
    await page.goto(`${origin}/deployments`);
    const link = page.locator(`a[href="/deployments/${deployment}"]`);
    await link.hover();
    const [took = NaN] = await clicked(link, [{ selector: `[role=log] [aria-label="Line ${line}"]` }]);
    return took;
  };
  const ended: number[] = [];
  for (let time = 0; time < TIMES; time++) ended.push(await open(1));
  table.atMost("A log of 50,000 lines: opened, median", "ms", median(ended), 500, 0);
  const keys = await searched(page);
  table.atMost(
    "A log of 50,000 lines: from a key to what is found, 95 of 100",
    "ms",
    quantile(keys, 0.95),
    100,
  );

  await reopen(pilot, deployment, true);
  const last = async () =>
    Number(await sql(pilot, `select log_length from deployments where id = '${deployment}'`));
  const live: number[] = [];
  for (let time = 0; time < TIMES; time++) live.push(await open(await last()));
  table.atMost("A log of 50,000 lines: opened while it is written, median", "ms", median(live), 500, 0);
  const writing = trickle(pilot, deployment, WRITTEN);
  const seen = await frames(page, WRITTEN.seconds);
  await writing;
  // It was followed to its end.
  await page.locator(`[role=log] [aria-label="Line ${await last()}"]`).waitFor();
  await reopen(pilot, deployment, false);
  table.atLeast(`Frames a second while ${WRITTEN.rate} lines a second are written`, "", seen, 55);
}

async function searched(page: Page): Promise<number[]> {
  const box = page.getByLabel("Search the log");
  const took: number[] = [];
  for (const text of WANTED) {
    await box.fill("");
    await page.locator(FOUND).waitFor({ state: "detached" });
    await box.focus();
    for (const key of text) took.push(await keyed(page, key, FOUND));
  }
  return took;
}
