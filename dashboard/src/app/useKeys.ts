import { useNavigate } from "@tanstack/react-router";
import { useEffect, useEffectEvent } from "react";
import { meaning } from "./keys";

/** How long the second key of a pair may take, in ms. */
const PAIR_WITHIN = 900;

/** What a page that creates something listens to. */
export const CREATE = "promptpilot:create";

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Keys that hold on all pages. */
export function useKeys(open: { palette: () => void; help: () => void }): void {
  const navigate = useNavigate();

  const act = useEffectEvent((event: KeyboardEvent, before: string | null): boolean => {
    const press = {
      key: event.key,
      mod: event.metaKey || event.ctrlKey,
      alt: event.altKey,
      typing: isTyping(event.target),
    };
    const what = meaning(press, before);
    if (what === null) return false;
    const inDialog = document.querySelector("[aria-modal='true']") !== null;
    if (inDialog && what.does !== "palette") return false;
    event.preventDefault();
    switch (what.does) {
      case "go":
        void navigate({ to: what.to });
        break;
      case "palette":
        open.palette();
        break;
      case "help":
        open.help();
        break;
      case "search":
        document.querySelector<HTMLInputElement>("[data-search]")?.focus();
        break;
      case "create":
        // A page that creates something of its own takes the event.
        if (document.dispatchEvent(new Event(CREATE, { cancelable: true }))) {
          void navigate({ to: "/endpoints/new" });
        }
        break;
      case "wait":
        return true;
    }
    return false;
  });

  useEffect(() => {
    let before: { key: string; at: number } | null = null;
    const onKey = (event: KeyboardEvent) => {
      const recent = before !== null && event.timeStamp - before.at < PAIR_WITHIN;
      const waits = act(event, recent && before ? before.key : null);
      before = waits ? { key: event.key, at: event.timeStamp } : null;
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

/** Calls back on `c`, in place of a new endpoint. */
export function useCreate(create: () => void): void {
  const run = useEffectEvent(create);
  useEffect(() => {
    const onCreate = (event: Event) => {
      event.preventDefault();
      run();
    };
    document.addEventListener(CREATE, onCreate);
    return () => document.removeEventListener(CREATE, onCreate);
  }, []);
}
