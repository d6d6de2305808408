/** What the tests of a file share: a Prompt Pilot, and somebody at its dashboard. */
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { start, type Pilot } from "./pilot";
import { visit, type Visitor } from "./visitor";

/** Sets both up before the tests of a file, and ends them after. No test may leave complaints. */
export function stage(
  enter: (pilot: Pilot, visitor: Visitor) => void,
  begin: () => Promise<Pilot> = start,
): void {
  let pilot: Pilot;
  let visitor: Visitor;
  beforeAll(async () => {
    pilot = await begin();
    visitor = await visit(pilot.link);
    enter(pilot, visitor);
  });
  afterAll(async () => {
    await visitor.close();
    await pilot.stop();
  });
  afterEach(() => expect(visitor.complaints()).toEqual([]));
}
