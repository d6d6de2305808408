/** Every read of the API, each with its place in the cache. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { callQuery, type CallFilter } from "./callFilter";
import { api, MOST, unwrap } from "./client";
import { session } from "./session";

/** How often workers and builders are looked at, of which no event tells, in ms. */
const SOMETIMES = 10_000;

export const queries = {
  me: () => queryOptions({ queryKey: ["me"], queryFn: () => session.me(), staleTime: 60_000 }),

  status: () =>
    queryOptions({
      queryKey: ["status"],
      queryFn: ({ signal }) => unwrap(api.GET("/api/status", { signal })),
      refetchInterval: SOMETIMES,
    }),

  environments: () =>
    queryOptions({
      queryKey: ["environments"],
      queryFn: ({ signal }) => unwrap(api.GET("/api/environments", { signal })),
      staleTime: 60_000,
    }),

  endpoints: () =>
    queryOptions({
      queryKey: ["endpoints"],
      queryFn: ({ signal }) =>
        unwrap(api.GET("/api/endpoints", { params: { query: { limit: MOST } }, signal })),
    }),

  endpoint: (name: string) =>
    queryOptions({
      queryKey: ["endpoints", name],
      queryFn: ({ signal }) =>
        unwrap(api.GET("/api/endpoints/{name}", { params: { path: { name } }, signal })),
    }),

  versions: (name: string) =>
    infiniteQueryOptions({
      queryKey: ["endpoints", name, "versions"],
      queryFn: ({ pageParam, signal }) => {
        const query = { limit: 50, ...(pageParam === null ? {} : { after: pageParam }) };
        const params = { path: { name }, query };
        return unwrap(api.GET("/api/endpoints/{name}/versions", { params, signal }));
      },
      initialPageParam: null as number | null,
      getNextPageParam: (page) => (page.next ? Number(page.next) : null),
    }),

  source: (name: string, version: number | null) =>
    queryOptions({
      queryKey: ["endpoints", name, "source", version],
      queryFn: ({ signal }) => {
        const params = { path: { name }, query: version === null ? {} : { version } };
        return unwrap(api.GET("/api/endpoints/{name}/source", { params, signal }));
      },
    }),

  deployments: (endpoint: string | null) =>
    infiniteQueryOptions({
      queryKey: ["deployments", "list", endpoint],
      queryFn: ({ pageParam, signal }) => {
        const query = {
          limit: 50,
          ...(endpoint === null ? {} : { endpoint }),
          ...(pageParam === null ? {} : { after: pageParam }),
        };
        return unwrap(api.GET("/api/deployments", { params: { query }, signal }));
      },
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next ?? null,
    }),

  deployment: (id: string) =>
    queryOptions({
      queryKey: ["deployments", id],
      queryFn: ({ signal }) => unwrap(api.GET("/api/deployments/{id}", { params: { path: { id } }, signal })),
    }),

  /** The log of one that has ended: it is long, and never changes. */
  log: (id: string) =>
    queryOptions({
      queryKey: ["deployments", id, "log"],
      queryFn: ({ signal }) =>
        unwrap(api.GET("/api/deployments/{id}/logs", { params: { path: { id } }, signal })),
      staleTime: "static",
      structuralSharing: false,
    }),

  /** The log of one that is still at work, as far as it has come; not kept for long, since it goes on. */
  logSoFar: (id: string) =>
    queryOptions({ ...queries.log(id), queryKey: ["deployments", id, "log so far"], gcTime: 2_000 }),

  calls: (filter: CallFilter) =>
    infiniteQueryOptions({
      queryKey: ["calls", "list", filter],
      queryFn: ({ pageParam, signal }) => {
        const query = {
          limit: 50,
          ...callQuery(filter, Date.now()),
          ...(pageParam === null ? {} : { after: pageParam }),
        };
        return unwrap(api.GET("/api/calls", { params: { query }, signal }));
      },
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next ?? null,
    }),

  /** What else there is to keep calls to, and how often. */
  callFacets: (filter: CallFilter) =>
    queryOptions({
      queryKey: ["calls", "figures", "facets", filter],
      queryFn: ({ signal }) =>
        unwrap(api.GET("/api/calls/facets", { params: { query: callQuery(filter, Date.now()) }, signal })),
      placeholderData: keepPreviousData,
    }),

  callHistogram: (filter: CallFilter) =>
    queryOptions({
      queryKey: ["calls", "figures", "histogram", filter],
      queryFn: ({ signal }) =>
        unwrap(api.GET("/api/calls/histogram", { params: { query: callQuery(filter, Date.now()) }, signal })),
      placeholderData: keepPreviousData,
    }),

  callSums: (filter: CallFilter) =>
    queryOptions({
      queryKey: ["calls", "figures", "sums", filter],
      queryFn: ({ signal }) => {
        const query = { ...callQuery(filter, Date.now()), by: "status" as const };
        return unwrap(api.GET("/api/calls/summary", { params: { query }, signal }));
      },
      placeholderData: keepPreviousData,
    }),

  /** A call never changes. */
  call: (id: string) =>
    queryOptions({
      queryKey: ["calls", "one", id],
      queryFn: ({ signal }) => unwrap(api.GET("/api/calls/{id}", { params: { path: { id } }, signal })),
      staleTime: Infinity,
    }),

  /** The newest ones, as they come. */
  newestCalls: () =>
    queryOptions({
      queryKey: ["calls", "newest"],
      queryFn: ({ signal }) => unwrap(api.GET("/api/calls", { params: { query: { limit: 50 } }, signal })),
    }),

  keys: () =>
    queryOptions({
      queryKey: ["keys"],
      queryFn: ({ signal }) => unwrap(api.GET("/api/api-keys", { signal })),
    }),
};
