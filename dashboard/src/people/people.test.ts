import { expect, it } from "vitest";
import { arrivalOf, beginning } from "./arrival";
import { choices, given, untouchable } from "./roles";
import { codesLeft, refusalWords } from "./words";

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

it("what a browser brings along from signing in elsewhere is read out of its address", () => {
  const nothing = { challenge: null, refused: null, organization: null };
  expect(arrivalOf("")).toEqual(nothing);
  expect(arrivalOf("#title")).toEqual(nothing);
  expect(arrivalOf("#challenge=ab12")).toEqual({ ...nothing, challenge: "ab12" });
  expect(arrivalOf("#sign-in=oidc-refused")).toEqual({ ...nothing, refused: "oidc-refused" });
  expect(arrivalOf("#organization=acme")).toEqual({ ...nothing, organization: "acme" });
});

it("signing in elsewhere leads back to the page, or on to what an invitation is for", () => {
  const page = { pathname: "/device", search: "?code=BCDF-GHJK" };
  expect(beginning("/api/oidc/begin", page)).toBe("/api/oidc/begin?to=%2Fdevice%3Fcode%3DBCDF-GHJK");
  expect(beginning("/api/oidc/begin", page, "ab12")).toBe("/api/oidc/begin?invitation=ab12");
});

it("each refusal has words, and one that is new has its kind", () => {
  expect(refusalWords("sign-up-closed")).toBe("You have no account here. Ask for an invitation.");
  expect(refusalWords("constructor")).toContain("(constructor)");
});
