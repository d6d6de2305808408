/** Reads of prompts, each with its place in the cache. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, MOST, unwrap } from "../api/client";
import type { PromptTexts } from "../api/types";
import type { PromptsSearch } from "../app/search";

export const prompts = {
  /** A folder is looked for as a text; the page keeps to those that are in it. */
  list: ({ q, tag, folder, deleted }: PromptsSearch) =>
    infiniteQueryOptions({
      queryKey: ["prompts", "list", q ?? "", tag ?? "", folder ?? "", deleted === true],
      queryFn: ({ pageParam, signal }) => {
        const text = q ?? folder;
        const query = {
          limit: 50,
          ...(text === undefined ? {} : { q: text }),
          ...(tag === undefined ? {} : { tag }),
          ...(deleted === true ? { deleted } : {}),
          ...(pageParam === null ? {} : { after: pageParam }),
        };
        return unwrap(api.GET("/api/prompts", { params: { query }, signal }));
      },
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next ?? null,
      placeholderData: keepPreviousData,
    }),

  /** As many as a page of the API has, to be found by name. */
  named: () =>
    queryOptions({
      queryKey: ["prompts", "named"],
      queryFn: ({ signal }) =>
        unwrap(api.GET("/api/prompts", { params: { query: { limit: MOST } }, signal })),
      staleTime: 30_000,
    }),

  /** The prompt, and what an edit of it says that it saw. */
  one: (name: string) =>
    queryOptions({
      queryKey: ["prompts", "one", name],
      queryFn: async ({ signal }) => {
        const answer = await api.GET("/api/prompts/{name}", { params: { path: { name } }, signal });
        const prompt = await unwrap(Promise.resolve(answer));
        return { prompt, etag: answer.response.headers.get("etag") ?? "*" };
      },
    }),

  versions: (name: string) =>
    infiniteQueryOptions({
      queryKey: ["prompts", "versions", name],
      queryFn: ({ pageParam, signal }) => {
        const query = { limit: 50, ...(pageParam === null ? {} : { after: pageParam }) };
        return unwrap(api.GET("/api/prompts/{name}/versions", { params: { path: { name }, query }, signal }));
      },
      initialPageParam: null as number | null,
      getNextPageParam: (page) => (page.next ? Number(page.next) : null),
    }),

  version: (name: string, version: number) =>
    queryOptions({
      queryKey: ["prompts", "version", name, version],
      queryFn: ({ signal }) =>
        unwrap(
          api.GET("/api/prompts/{name}/versions/{version}", { params: { path: { name, version } }, signal }),
        ),
    }),

  /** What is wrong with texts, given as JSON so that the same ones are asked for once, and their variables. */
  check: (texts: string, samples: Record<string, unknown>) =>
    queryOptions({
      queryKey: ["prompt-check", texts, samples],
      queryFn: ({ signal }) => {
        const body = { prompt: JSON.parse(texts) as PromptTexts, values: samples };
        return unwrap(api.POST("/api/templates/check", { body, signal }));
      },
      staleTime: Infinity,
      gcTime: 30_000,
    }),

  diff: (name: string, from: number, to: number) =>
    queryOptions({
      queryKey: ["prompts", "diff", name, from, to],
      queryFn: ({ signal }) =>
        unwrap(
          api.GET("/api/prompts/{name}/diff", { params: { path: { name }, query: { from, to } }, signal }),
        ),
      staleTime: Infinity,
    }),

  uses: (name: string) =>
    queryOptions({
      queryKey: ["prompts", "uses", name],
      queryFn: ({ signal }) =>
        unwrap(api.GET("/api/prompts/{name}/uses", { params: { path: { name } }, signal })),
    }),

  moves: (name: string) =>
    infiniteQueryOptions({
      queryKey: ["prompts", "moves", name],
      queryFn: ({ pageParam, signal }) => {
        const query = { limit: 20, ...(pageParam === null ? {} : { after: pageParam }) };
        return unwrap(api.GET("/api/prompts/{name}/labels", { params: { path: { name }, query }, signal }));
      },
      initialPageParam: null as number | null,
      getNextPageParam: (page) => (page.next ? Number(page.next) : null),
    }),

  labelRules: () =>
    queryOptions({
      queryKey: ["label-rules"],
      queryFn: ({ signal }) => unwrap(api.GET("/api/label-rules", { signal })),
      staleTime: 60_000,
    }),

  library: (sandbox: boolean) =>
    queryOptions({
      queryKey: ["prompt-templates", sandbox],
      queryFn: ({ signal }) =>
        unwrap(api.GET("/api/prompt-templates", { params: { query: { sandbox } }, signal })),
      staleTime: Infinity,
    }),
};
