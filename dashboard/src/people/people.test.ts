import { expect, it } from "vitest";
import { choices, given, untouchable } from "./roles";

it("only owners make owners", () => {
  expect(given("owner")).toEqual(["viewer", "developer", "admin", "owner"]);
  expect(given("admin")).toEqual(["viewer", "developer", "admin"]);
  expect(choices("admin")[0]).toEqual({ value: "viewer", label: "viewer: looks at everything" });
});

it.each([
  ["owner", "owner", null],
  ["admin", "developer", null],
  ["admin", "owner", "Only an owner changes owners."],
] as const)("a member who is changed by %s, being %s", (by, member, why) =>
  expect(untouchable(by, member)).toBe(why),
);
