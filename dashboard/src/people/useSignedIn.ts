import { useQueryClient } from "@tanstack/react-query";
import { connection } from "../api/connection";
import { session } from "../api/session";

/** What there is to do once somebody has come in, or has become somebody else. */
export function useSignedIn(): () => Promise<void> {
  const client = useQueryClient();
  return () => {
    session.forget();
    connection.set("live");
    return client.invalidateQueries();
  };
}
