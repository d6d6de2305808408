import { describe, expect, it } from "vitest";
import type { Deployment, LogLine, Status } from "../api/types";
import { append, asText, find, has, isAtEnd, plain, since } from "./log";
import { offers, took } from "./status";
import { timeline } from "./timeline";

describe("what a deployment offers", () => {
  it.each<[Status, boolean, boolean]>([
    ["queued", true, false],
    ["building", true, false],
    ["verifying", true, false],
    ["live", false, false],
    ["failed", false, true],
    ["cancelled", false, true],
    ["superseded", false, true],
  ])("%s", (status, cancel, retry) => expect(offers(status)).toEqual({ cancel, retry }));
});

describe("the timeline", () => {
  const started = "2026-11-25T12:00:00Z";
  const passed = (status: Status, duration_ms: number | null = 5) => ({ status, started, duration_ms });
  const states = (status: Status, stages: Deployment["stages"], failed?: Status) =>
    timeline({ status, stages, error: failed ? { stage: failed, message: "no" } : null } as Deployment).map(
      ({ state }) => state,
    );

  it("shows what is done, now and ahead", () => {
    const stages = [passed("queued"), passed("checking"), passed("generating", null)];
    expect(states("generating", stages)).toEqual(["done", "done", "now", "ahead", "ahead", "ahead"]);
  });

  it("shows the stage that failed, and those that were not reached", () => {
    const stages = [passed("queued"), passed("checking"), passed("generating"), passed("building")];
    expect(states("failed", stages, "building")).toEqual([
      "done",
      "done",
      "done",
      "failed",
      "skipped",
      "skipped",
    ]);
  });

  it("counts the last time of a stage that a second worker did again", () => {
    const [queued] = timeline({
      status: "live",
      stages: [passed("queued", 3), passed("queued", 9)],
    });
    expect(queued?.ms).toBe(9);
  });
});

it("knows how long it took, once it has ended", () => {
  const created = "2026-11-25T12:00:00Z";
  expect(took({ created, finished: "2026-11-25T12:00:01.5Z" })).toBe(1500);
  expect(took({ created, finished: null })).toBeNull();
});

describe("a log", () => {
  const line = (seq: number, text: string, time = "2026-11-25T12:00:00Z"): LogLine => ({
    seq,
    text,
    time,
    stage: "building",
    level: "info",
  });
  const lines = [line(1, "Compiling"), line(2, "Error: no", "2026-11-25T12:00:02Z")];

  it("has each line once, though its stream began anew", () => {
    const again = append(lines, [line(1, "Compiling"), line(2, "Error: no"), line(3, "done")]);
    expect(again.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(append(lines, [line(1, "Compiling")])).toBe(lines);
  });

  it("is searched whatever the case", () => {
    expect(find(lines, "error")).toEqual([1]);
    expect(find(lines, " ")).toEqual([]);
  });

  it.each([
    [[], 1, false],
    [[1, 4, 9], 1, true],
    [[1, 4, 9], 4, true],
    [[1, 4, 9], 9, true],
    [[1, 4, 9], 5, false],
    [[1, 4, 9], 10, false],
  ])("knows of %j whether %i was found", (found, line, is) => expect(has(found, line)).toBe(is));

  it.each([
    ["somebody came to its end", false, 0, 900, true],
    ["it is a little before its end", true, 900, 880, true],
    ["lines came, and it has yet to go on", true, 500, 500, true],
    ["somebody scrolled up", true, 900, 700, false],
    ["somebody scrolls down, and not to its end", false, 200, 500, false],
  ])("is followed or not: %s", (_, wasAtEnd, before, scrollTop, is) =>
    expect(isAtEnd(wasAtEnd, before, { scrollTop, scrollHeight: 1000, clientHeight: 100 })).toBe(is),
  );

  it("tells times since its beginning", () => expect(since(lines, lines[1] as LogLine)).toBe(2000));

  it("is a text of whole lines", () => {
    expect(asText(lines).split("\n")[1]).toBe("2026-11-25T12:00:02Z building info Error: no");
  });

  it("shows no colours of terminals", () => expect(plain("\u001b[1;31mred\u001b[0m")).toBe("red"));
});
