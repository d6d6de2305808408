import { describe, expect, it } from "vitest";
import { crumbs } from "./crumbs";
import { isId } from "./ids";
import { meaning } from "./keys";
import { near } from "./near";
import {
  callsSearch,
  deploymentSearch,
  designSearch,
  endpointSearch,
  promptSearch,
  promptsSearch,
} from "./search";

const press = (key: string, more: object = {}) => ({ key, mod: false, alt: false, typing: false, ...more });

describe("keys", () => {
  it.each([
    ["e", "g", { does: "go", to: "/endpoints" }],
    ["p", "g", { does: "go", to: "/prompts" }],
    ["k", "g", { does: "go", to: "/keys" }],
    ["x", "g", null],
    ["e", null, null],
    ["g", null, { does: "wait" }],
    ["?", null, { does: "help" }],
    ["c", null, { does: "create" }],
  ])("%s after %s", (key, before, what) => expect(meaning(press(key), before)).toEqual(what));

  it("rests while somebody types, but for the palette", () => {
    expect(meaning(press("g", { typing: true }), null)).toBeNull();
    expect(meaning(press("k", { typing: true, mod: true }), null)).toEqual({ does: "palette" });
    expect(meaning(press("c", { mod: true }), null)).toBeNull();
  });
});

describe("near names", () => {
  const names = ["summarize", "extract", "story"];
  it.each([
    ["sumarize", ["summarize"]],
    ["summarise", ["summarize"]],
    ["SUMM", ["summarize"]],
    ["zzz", []],
    ["", []],
  ])("%s may mean %j", (written, meant) => expect(near(written, names)).toEqual(meant));
});

it("ids are UUIDs", () => {
  expect(isId("01a21089-6126-76d4-958d-525e6bced7bf")).toBe(true);
  expect(isId("summarize")).toBe(false);
});

it("addresses have words", () => {
  expect(crumbs("/")).toEqual([{ word: "Overview", to: "/" }]);
  expect(crumbs("/endpoints/hello/design").map(({ word }) => word)).toEqual([
    "Endpoints",
    "hello",
    "Designer",
  ]);
  expect(crumbs("/sign-up")).toEqual([{ word: "Sign up", to: "/sign-up" }]);
  expect(crumbs("/endpoints/new").map(({ word }) => word)).toEqual(["Endpoints", "New endpoint"]);
});

it("addresses say only what is understood", () => {
  expect(endpointSearch({ tab: "versions", x: 1 })).toEqual({ tab: "versions" });
  expect(endpointSearch({ tab: "nonsense" })).toEqual({});
  expect(deploymentSearch({ line: "12", q: 404 })).toEqual({ line: 12, q: "404" });
  expect(deploymentSearch({ line: -1, q: "" })).toEqual({});
  expect(designSearch({ at: 3 })).toEqual({ at: 3 });
  expect(promptsSearch({ q: "sort", tag: "", x: 1 })).toEqual({ q: "sort" });
  expect(promptsSearch({ folder: "a/", deleted: true })).toEqual({ folder: "a/", deleted: true });
  expect(promptsSearch({ deleted: "yes" })).toEqual({});
  expect(promptSearch({ v: 0, compare: "draft,2" })).toEqual({ compare: "draft,2" });
  expect(promptSearch({ v: "3", tab: "labels" })).toEqual({ v: 3, tab: "labels" });
  expect(promptSearch({ v: 0, tab: "versions" })).toEqual({});
  expect(callsSearch({ call: "a", endpoint: {} })).toEqual({ call: "a" });
  expect(callsSearch({ status: 504, within: "24h" })).toEqual({ status: "504", within: "24h" });
  expect(callsSearch({ status: "5xx" })).toEqual({ status: "5xx" });
  expect(callsSearch({ status: "6xx", within: "1y" })).toEqual({});
});

describe("the time in an address", () => {
  const [nine, ten] = ["2026-01-01T09:00:00.000Z", "2026-01-01T10:00:00.000Z"];
  it.each([
    [
      { since: nine, until: ten },
      { since: nine, until: ten },
    ],
    [{ since: "2026-01-01T10:00:00+01:00" }, { since: nine }],
    [{ until: ten, within: "1h" }, { until: ten }],
    [{ since: ten, until: nine, within: "1h" }, { within: "1h" }],
    [{ since: ten, until: ten }, {}],
    [{ since: "yesterday", until: 7 }, {}],
  ])("%j means %j", (written, meant) => expect(callsSearch(written)).toEqual(meant));
});
