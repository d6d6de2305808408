import { useEffect } from "react";
import { connection, type Connection } from "../api/connection";

/** How often a server that does not answer is asked whether it does, in ms. */
const LOOK = 1_500;

/** Looks for a server that has gone, until it is back. */
export function useReachability(now: Connection): void {
  useEffect(() => {
    if (now !== "unreachable") return;
    const timer = setInterval(() => {
      fetch("/readyz", { signal: AbortSignal.timeout(LOOK) }).then(
        ({ ok }) => {
          if (ok) connection.set("live");
        },
        () => undefined,
      );
    }, LOOK);
    return () => clearInterval(timer);
  }, [now]);
}
