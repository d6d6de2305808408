/** Reads of what an organization is set up with, each with its place in the cache. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { auditQuery, type AuditFilter } from "./rules";

export const settings = {
  credentials: () =>
    queryOptions({
      queryKey: ["credentials"],
      queryFn: ({ signal }) => unwrap(api.GET("/api/provider-credentials", { signal })),
    }),

  /** What is spent of it grows with every call, of which no event tells. */
  budget: (organization: string) =>
    queryOptions({
      queryKey: ["budget", organization],
      queryFn: ({ signal }) =>
        unwrap(
          api.GET("/api/organizations/{organization}/budget", {
            params: { path: { organization } },
            signal,
          }),
        ),
      refetchInterval: 10_000,
    }),

  audit: (filter: AuditFilter) =>
    infiniteQueryOptions({
      queryKey: ["audit", filter],
      queryFn: ({ pageParam, signal }) => {
        const query = {
          limit: 50,
          ...auditQuery(filter, Date.now()),
          ...(pageParam === null ? {} : { after: pageParam }),
        };
        return unwrap(api.GET("/api/audit", { params: { query }, signal }));
      },
      initialPageParam: null as number | null,
      getNextPageParam: (page) => (page.next ? Number(page.next) : null),
    }),
};
