import { useEffect, useEffectEvent } from "react";

/** ⌘↵, from wherever on the page. */
export const useRunKey = (run: () => void): void => useStudioKey("enter", run);

/** ⌘S, from wherever on the page. */
export const useSaveKey = (save: () => void): void => useStudioKey("s", save);

function useStudioKey(key: string, act: () => void): void {
  const press = useEffectEvent(() => {
    if (document.querySelector("[aria-modal='true']") === null) act();
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.metaKey || event.ctrlKey) || event.key.toLowerCase() !== key) return;
      event.preventDefault();
      press();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [key]);
}
