import { expect, it } from "vitest";
import { expiry, scope, stateOf } from "./rules";

const now = Date.parse("2026-11-25T12:00:00Z");

it.each([
  [{ revoked: null, expires: null }, "active"],
  [{ revoked: null, expires: "2026-11-26T12:00:00Z" }, "active"],
  [{ revoked: null, expires: "2026-11-24T12:00:00Z" }, "expired"],
  [{ revoked: "2026-11-24T12:00:00Z", expires: null }, "revoked"],
] as const)("%j is %s", (key, state) => expect(stateOf(key, now)).toBe(state));

it("says what a key opens", () => {
  expect(scope({ endpoints: null, environments: null })).toBe("all endpoints");
  expect(scope({ endpoints: ["a", "b"], environments: ["production"] })).toBe("a, b in production");
});

it("ends after so many days", () => {
  expect(expiry("7", now)).toBe("2026-12-02T12:00:00.000Z");
  expect(expiry("", now)).toBeNull();
});
