/** An edited prompt, from Deploy to the first line of its log, and to its URL. */
import type { Page } from "playwright-core";
import { median, type Table } from "./table";
import { clicked } from "./watch";
import { ENDPOINT } from "./world";

const TIMES = 5;

export async function deploy(page: Page, origin: string, table: Table): Promise<void> {
  const lines: number[] = [];
  const lives: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const [line = NaN, live = NaN] = await edited(page, origin, `Greet {{ name }} in ${time + 2} sentences.`);
    lines.push(line);
    lives.push(live);
  }
  table.atMost("From Deploy to the log's first line, median", "ms", median(lines), 300, 0);
  table.atMost("From Deploy of an edited prompt to its URL, median", "ms", median(lives), 2000, 0);
}

async function edited(page: Page, origin: string, template: string): Promise<number[]> {
  await page.goto(`${origin}/endpoints/${ENDPOINT}/design`);
  await page.getByText("No problems").waitFor();
  await page.getByRole("textbox", { name: "Template", exact: true }).fill(template);
  await page.getByText("Changed from v").waitFor();
  await page.getByText("No problems").waitFor();
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  const button = page.getByRole("dialog").getByRole("button", { name: /^Deploy to/ });
  // What it changes is there to be read before anybody presses it.
  await page.getByRole("dialog").getByText("What changes about version").waitFor();
  return clicked(button, [
    { selector: "[role=log] [data-index]" },
    { selector: "main", says: "It answers at" },
  ]);
}
