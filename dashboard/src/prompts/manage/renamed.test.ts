import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { forget, keepAs, lookAgain } from "./renamed";

function known(): QueryClient {
  const client = new QueryClient();
  client.setQueryData(["prompts", "one", "a"], { etag: "1" });
  client.setQueryData(["prompts", "diff", "a", 1, 2], "diff");
  client.setQueryData(["prompts", "one", "b"], { etag: "2" });
  client.setQueryData(["prompts", "list", "a", "", "", false], "found");
  return client;
}

it("what is known of a prompt is known by its new name, too", () => {
  const client = known();
  keepAs(client, "a", "x/y");
  expect(client.getQueryData(["prompts", "one", "x/y"])).toEqual({ etag: "1" });
  expect(client.getQueryData(["prompts", "diff", "x/y", 1, 2])).toBe("diff");
  expect(client.getQueryData(["prompts", "list", "x/y", "", "", false])).toBeUndefined();
});

it("nothing of it is known by the name that it had", () => {
  const client = known();
  forget(client, "a");
  expect(client.getQueryData(["prompts", "one", "a"])).toBeUndefined();
  expect(client.getQueryData(["prompts", "diff", "a", 1, 2])).toBeUndefined();
  expect(client.getQueryData(["prompts", "one", "b"])).toEqual({ etag: "2" });
  expect(client.getQueryData(["prompts", "list", "a", "", "", false])).toBe("found");
});

it("what has gone with a name is not asked for again", () => {
  const client = known();
  lookAgain(client, "a");
  const again = (...key: unknown[]) => client.getQueryState(key)?.isInvalidated;
  expect(again("prompts", "one", "a")).toBe(false);
  expect(again("prompts", "one", "b")).toBe(true);
  expect(again("prompts", "list", "a", "", "", false)).toBe(true);
});
