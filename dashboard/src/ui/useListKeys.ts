import { useEffect, useEffectEvent, useState } from "react";
import { isTyping } from "../app/useKeys";

/** `j` and `k` choose in a list, Enter opens. */
export function useListKeys(length: number, open: (index: number) => void): { chosen: number } {
  const [chosen, setChosen] = useState(-1);
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (isTyping(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
    if (document.querySelector("[aria-modal='true']")) return;
    if (event.key === "j") setChosen(Math.min(length - 1, chosen + 1));
    else if (event.key === "k") setChosen(Math.max(0, chosen - 1));
    else if (event.key === "Enter" && chosen >= 0 && event.target === document.body) open(chosen);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
  useEffect(() => {
    document.querySelector("[data-chosen='true']")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return { chosen: Math.min(chosen, length - 1) };
}
