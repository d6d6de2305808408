/** Whether the server answers and whether it knows us, as the last requests showed. */
import { useSyncExternalStore } from "react";

export type Connection = "live" | "unreachable" | "signed-out";

let now: Connection = "live";
const listeners = new Set<() => void>();

export const connection = {
  get: (): Connection => now,
  set: (next: Connection): void => {
    if (next === now) return;
    now = next;
    for (const listener of listeners) listener();
  },
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

export function useConnection(): Connection {
  return useSyncExternalStore(connection.subscribe, connection.get);
}
