import { useRouterState } from "@tanstack/react-router";
import { useEffect, useState } from "react";

/** In ms: what the first page asks for goes first. */
const MOMENT = 100;

/** Whether the first page is there, and what is less urgent may come. */
export function useSettled(): boolean {
  const there = useRouterState({ select: ({ resolvedLocation }) => resolvedLocation !== undefined });
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    if (!there) return;
    const timer = setTimeout(() => setSettled(true), MOMENT);
    return () => clearTimeout(timer);
  }, [there]);
  return settled;
}
