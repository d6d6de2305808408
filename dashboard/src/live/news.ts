/** Calls that were told of, for lists of them that do not move by themselves. */
import type { Calls } from "./told";

type Listener = (calls: Calls) => void;

const listeners = new Set<Listener>();

export const news = {
  tell(calls: Calls): void {
    for (const listener of listeners) listener(calls);
  },
  subscribe(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
