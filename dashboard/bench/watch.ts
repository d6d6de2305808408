/** How long pages take to show what they should, as the page's own clock has it. */
import type { Locator, Page } from "playwright-core";

declare global {
  interface Window {
    keyed: Promise<number>;
  }
}

/** What is not there after so many ms does not come any more. */
const PATIENCE = 60_000;

/** What is to be seen: an element, with a text where one is given (a regular expression). */
export interface Sight {
  selector: string;
  says?: string;
}

/** From a click until each of these is painted, in ms. It is no matter if the click leads to another page. */
export function clicked(button: Locator, sights: readonly Sight[]): Promise<number[]> {
  return button.evaluate(
    (element: HTMLElement, [sights, patience]) =>
      new Promise<number[]>((done, fail) => {
        setTimeout(() => fail(new Error(`not seen: ${JSON.stringify(sights[took.length])}`)), patience);
        const took: number[] = [];
        const isSeen = ({ selector, says = "" }: Sight) =>
          [...document.querySelectorAll(selector)].some((one) => new RegExp(says).test(one.textContent));
        const look = () => {
          const next = sights[took.length];
          if (!next || !isSeen(next)) return;
          const nth = took.push(0) - 1;
          requestAnimationFrame(() =>
            setTimeout(() => {
              took[nth] = performance.now() - began;
              if (nth + 1 === sights.length) done(took);
            }),
          );
          if (took.length === sights.length) seen.disconnect();
          else look();
        };
        const seen = new MutationObserver(look);
        seen.observe(document.body, {
          subtree: true,
          childList: true,
          characterData: true,
          attributes: true,
        });
        const began = performance.now();
        element.click();
      }),
    [sights, PATIENCE] as const,
  );
}

/** From a key until an element comes, or its text changes, and is painted, in ms. */
export async function keyed(page: Page, key: string, selector: string): Promise<number> {
  // Keys take a shorter way to the page than what watches it.
  await page.evaluate(
    ([selector, patience]) => {
      const text = () => document.querySelector(selector)?.textContent ?? "";
      const before = text();
      window.keyed = new Promise<number>((done, fail) => {
        setTimeout(() => fail(new Error(`it still says ${JSON.stringify(before)}`)), patience);
        let began = 0;
        document.addEventListener("keydown", ({ timeStamp }) => (began = timeStamp), {
          capture: true,
          once: true,
        });
        const seen = new MutationObserver(() => {
          if (text() === before) return;
          seen.disconnect();
          requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
        });
        seen.observe(document.body, { subtree: true, childList: true, characterData: true });
      });
    },
    [selector, PATIENCE] as const,
  );
  await page.keyboard.press(key);
  return page.evaluate(() => window.keyed);
}

/** Frames a second over so many seconds. */
export function frames(page: Page, seconds: number): Promise<number> {
  return page.evaluate(
    (seconds) =>
      new Promise<number>((done) => {
        const began = performance.now();
        let count = 0;
        const next = () => {
          count++;
          const passed = (performance.now() - began) / 1000;
          if (passed < seconds) requestAnimationFrame(next);
          else done(count / passed);
        };
        requestAnimationFrame(next);
      }),
    seconds,
  );
}
