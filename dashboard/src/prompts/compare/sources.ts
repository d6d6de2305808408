/** What a column's text may be, in words. */
import type { StoredPrompt } from "../../api/types";
import { DRAFT, OWN } from "./variants";

interface Choice {
  value: string;
  label: string;
}

/** As many of the newest versions as a list can be read. */
const NEWEST = 50;

/** All choices, among them the one that is chosen, though it be gone. */
export function sources(
  { version, labels }: Pick<StoredPrompt, "version" | "labels">,
  now: string,
): Choice[] {
  const choices = [
    { value: DRAFT, label: "What I write" },
    ...labels.map(({ label, version }) => ({ value: `@${label}`, label: `${label} → v${version}` })),
    ...Array.from({ length: Math.min(version, NEWEST) }, (_, index) => version - index).map((number) => ({
      value: String(number),
      label: number === version ? `v${number}, newest` : `v${number}`,
    })),
  ];
  if (choices.some(({ value }) => value === now)) return choices;
  return [
    ...choices,
    { value: now, label: now === OWN ? "A text of its own" : now.replace(/^(\d+)$/, "v$1") },
  ];
}
