/** Reads of people and of what acts for them, each with its place in the cache. */
import { queryOptions } from "@tanstack/react-query";
import { api, MOST, unwrap } from "../api/client";

export const people = {
  sessions: () =>
    queryOptions({
      queryKey: ["sessions"],
      queryFn: ({ signal }) => unwrap(api.GET("/api/me/sessions", { signal })),
    }),

  /** The ways to come in beside a password. */
  ways: () =>
    queryOptions({
      queryKey: ["ways"],
      queryFn: ({ signal }) => unwrap(api.GET("/api/sign-in/ways", { signal })),
      staleTime: Infinity,
    }),

  /** Who one is at the provider. */
  identities: () =>
    queryOptions({
      queryKey: ["identities"],
      queryFn: ({ signal }) => unwrap(api.GET("/api/me/identities", { signal })),
    }),

  /** Whether one signs in in two steps. */
  authenticator: () =>
    queryOptions({
      queryKey: ["authenticator"],
      queryFn: ({ signal }) => unwrap(api.GET("/api/me/authenticator", { signal })),
    }),

  accessTokens: () =>
    queryOptions({
      queryKey: ["access-tokens"],
      queryFn: ({ signal }) =>
        unwrap(api.GET("/api/access-tokens", { params: { query: { limit: MOST } }, signal })),
    }),

  members: (organization: string) =>
    queryOptions({
      queryKey: ["members", organization],
      queryFn: ({ signal }) =>
        unwrap(
          api.GET("/api/organizations/{organization}/members", {
            params: { path: { organization }, query: { limit: MOST } },
            signal,
          }),
        ),
    }),

  invitations: (organization: string) =>
    queryOptions({
      queryKey: ["invitations", organization],
      queryFn: ({ signal }) =>
        unwrap(
          api.GET("/api/organizations/{organization}/invitations", {
            params: { path: { organization }, query: { limit: MOST } },
            signal,
          }),
        ),
    }),

  /** What somebody who has an invitation's link sees of it. */
  invitation: (token: string) =>
    queryOptions({
      queryKey: ["invitation", token],
      queryFn: ({ signal }) => unwrap(api.POST("/api/invitations/show", { body: { token }, signal })),
      staleTime: Infinity,
      retry: false,
    }),

  /** A command line that waits to be let in. */
  login: (code: string) =>
    queryOptions({
      queryKey: ["login", code],
      queryFn: ({ signal }) => unwrap(api.GET("/api/logins/{code}", { params: { path: { code } }, signal })),
      retry: false,
    }),
};
