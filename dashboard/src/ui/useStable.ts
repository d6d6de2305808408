import { useCallback, useLayoutEffect, useRef } from "react";

/**
 * A function that stays the very same and does what the last one does that was given: parts that get it are not drawn
 * anew with whoever gives it. For events only, never while something is drawn.
 */
export function useStable<A extends unknown[]>(act: (...given: A) => void): (...given: A) => void {
  const latest = useRef(act);
  useLayoutEffect(() => {
    latest.current = act;
  });
  return useCallback((...given: A) => latest.current(...given), []);
}
