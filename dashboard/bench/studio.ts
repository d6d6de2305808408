/** The Studio with a prompt of 20 kB: what is typed, what is found in it, and four runs at once. */
import type { Page } from "playwright-core";
import { median, quantile, type Table } from "./table";
import { PROMPT } from "./world";

const KEYS = 60;
const CHECKS = 10;

export async function studio(page: Page, origin: string, table: Table): Promise<void> {
  await page.goto(`${origin}/prompts/${PROMPT}`);
  await page.getByText("No problems").waitFor();
  const text = page.getByRole("textbox", { name: "Template" });
  await text.click();
  await page.keyboard.press("Control+End");
  const keys = await typed(page);
  table.atMost("A key in 20 kB until it is painted, median", "ms", median(keys), 16);
  table.atMost("A key in 20 kB until it is painted, 95 of 100", "ms", quantile(keys, 0.95), 32);
  const checks: number[] = [];
  for (let time = 0; time < CHECKS; time++) checks.push(await checked(page));
  table.atMost("From a key to what is wrong, 95 of 100", "ms", quantile(checks, 0.95), 400, 0);
  await page.goto(`${origin}/prompts/${PROMPT}?compare=draft,1,1,draft`);
  const run = page.getByRole("button", { name: "Run all" });
  await run.waitFor();
  await page.waitForFunction(
    () =>
      ![...document.querySelectorAll("button")].some((one) => one.textContent === "Run all" && one.disabled),
  );
  table.atLeast("Frames a second while four runs are written", "", await frames(page), 55);
}

/** From each key's event to the end of the frame that shows it, in ms. */
async function typed(page: Page): Promise<number[]> {
  await page.evaluate(() => {
    const took: number[] = [];
    (window as unknown as { took: number[] }).took = took;
    document.addEventListener(
      "keydown",
      ({ timeStamp }) =>
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => took.push(performance.now() - timeStamp);
          port2.postMessage(null);
        }),
      { capture: true },
    );
  });
  for (let key = 0; key < KEYS; key++) {
    await page.keyboard.press("KeyA");
    await page.waitForTimeout(40);
  }
  return page.evaluate(() => (window as unknown as { took: number[] }).took);
}

/** From a key that makes the text wrong to the mark of it, in ms; heals it afterwards. */
async function checked(page: Page): Promise<number> {
  const marked = page.evaluate(
    () =>
      new Promise<number>((done) => {
        let began = 0;
        document.addEventListener("keydown", ({ timeStamp }) => (began = timeStamp), { capture: true });
        const seen = new MutationObserver(() => {
          if (!document.querySelector("[aria-label=Problems]")) return;
          seen.disconnect();
          done(performance.now() - began);
        });
        seen.observe(document.body, { subtree: true, childList: true });
      }),
  );
  // The last key counts: until then, nothing has paused.
  await page.keyboard.type("{% if");
  const took = await marked;
  for (let key = 0; key < 5; key++) await page.keyboard.press("Backspace");
  await page.getByText("No problems").waitFor();
  return took;
}

async function frames(page: Page): Promise<number> {
  await page.getByRole("button", { name: "Run all" }).click();
  return page.evaluate(
    () =>
      new Promise<number>((done) => {
        const began = performance.now();
        let count = 0;
        const next = () => {
          count++;
          const going = [...document.querySelectorAll("button")].some(
            (one) => one.textContent === "Stop all",
          );
          if (going || count < 10) requestAnimationFrame(next);
          else done((count / (performance.now() - began)) * 1000);
        };
        requestAnimationFrame(next);
      }),
  );
}
