/** Leads to what edits a place of the definition, opening what it is in. */
import { isUnder, parentOf } from "../patch";
import { idOf } from "./useForm";

/** How often to look for what was just opened, once a frame. */
const FRAMES = 12;

export function reveal(pointer: string, focus: boolean): void {
  look(pointer, focus, FRAMES);
}

function look(pointer: string, focus: boolean, frames: number): void {
  const exact = document.getElementById(idOf(pointer));
  if (exact || frames === 0) {
    show(exact ?? nearest(pointer), focus);
    return;
  }
  open(pointer);
  requestAnimationFrame(() => look(pointer, focus, frames - 1));
}

function nearest(pointer: string): HTMLElement | null {
  for (let at = pointer; ; at = parentOf(at)) {
    const found = document.getElementById(idOf(at));
    if (found || at === "") return found;
  }
}

/** Opens whatever is closed around the place, or has it. */
function open(pointer: string): void {
  for (const details of document.querySelectorAll<HTMLDetailsElement>("details:not([open])")) {
    const pointers = details.dataset["pointers"]?.split(" ") ?? [];
    const own = details.id.startsWith("form:") ? [details.id.slice("form:".length)] : [];
    if ([...pointers, ...own].some((other) => isUnder(pointer, other))) details.open = true;
  }
}

function show(element: HTMLElement | null, focus: boolean): void {
  element?.scrollIntoView({ block: "center" });
  if (!element || !focus) return;
  const target = element.tagName === "DETAILS" ? element.querySelector("summary") : element;
  target?.focus({ preventScroll: true });
}
