import { expect, it } from "vitest";
import { choices, given, untouchable } from "./roles";
import { codesLeft } from "./words";

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

it.each([
  [10, "10 recovery codes left."],
  [2, "2 recovery codes left: make new ones."],
  [1, "1 recovery code left: make new ones."],
  [0, "No recovery code is left: make new ones."],
])("of %i recovery codes it is said what to do", (count, words) => expect(codesLeft(count)).toBe(words));
