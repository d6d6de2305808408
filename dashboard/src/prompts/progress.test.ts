import { expect, it, vi } from "vitest";
import { Progress } from "./progress";
import { BEGUN } from "./run";

it("tells who shows a run of each piece, and who shows a page of beginnings and ends alone", () => {
  const progress = new Progress();
  const heard = vi.fn();
  const end = progress.subscribe(heard);
  progress.put("a", BEGUN);
  const begun = progress.known();
  progress.put("a", { ...BEGUN, text: "One" });
  expect(progress.get("a")?.text).toBe("One");
  expect(progress.known()).toBe(begun);
  const done = { ...BEGUN, text: "One two", state: "done" as const };
  progress.put("a", done);
  expect(progress.known()).toEqual({ a: done });
  expect(begun).toEqual({ a: BEGUN });
  expect(heard).toHaveBeenCalledTimes(3);
  end();
  progress.put("a", BEGUN);
  expect(heard).toHaveBeenCalledTimes(3);
  expect(progress.known()).toEqual({ a: BEGUN });
});
