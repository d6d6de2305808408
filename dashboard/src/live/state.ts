/** Whether changes are told of as they happen. */
import { useSyncExternalStore } from "react";

/** `off`: nobody is signed in, or it is not known yet who. */
export type Live = "off" | "connecting" | "live" | "lost";

let now: Live = "off";
const listeners = new Set<() => void>();

export const live = {
  get: (): Live => now,
  set(next: Live): void {
    if (next === now) return;
    now = next;
    for (const listener of listeners) listener();
  },
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

export const useLive = (): Live => useSyncExternalStore(live.subscribe, live.get);
