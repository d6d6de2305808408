/** The cache of what the server said. */
import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "../api/problem";
import { connection } from "../api/connection";

const RETRIES = 2;

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      refetchOnWindowFocus: false,
      // The server may be on this machine, which needs no network.
      networkMode: "always",
      retry: (failures, error) =>
        failures < RETRIES && error instanceof ApiError && error.isTransient && connection.get() === "live",
      retryDelay: (failures) => 300 * 2 ** failures,
    },
    mutations: { networkMode: "always" },
  },
});

// What was missed meanwhile is asked for once the server answers again.
connection.subscribe(() => {
  if (connection.get() === "live") void client.invalidateQueries();
});
