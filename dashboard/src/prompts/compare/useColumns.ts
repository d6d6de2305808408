import { useDebouncedValue } from "@mantine/hooks";
import { useQueries } from "@tanstack/react-query";
import type { Field, ModelRef, PromptTexts, StoredPrompt } from "../../api/types";
import { hasErrors } from "../../designer/findings";
import { fieldsOf, textsOf, written, type Written } from "../content";
import { keyMissing } from "../model/estimate";
import { useKeyless } from "../model/useModel";
import { prompts } from "../queries";
import { DRAFT, modelOf, OWN, type Variant } from "./variants";
import { WORDS } from "./words";

/** Between the last key and the check, in ms. */
const PAUSE = 250;

/** A variant with all that is known of it. */
export interface Column {
  variant: Variant;
  /** What it says; null while that is not known. */
  says: Written | null;
  /** The text's own model, and the one that runs it. */
  suggested: ModelRef;
  model: ModelRef;
  fields: Record<string, Field>;
  /** Whether the server has said what its fields are. */
  checked: boolean;
  /** Why it cannot be run; null where it can. */
  blocked: string | null;
}

interface Told {
  prompt: StoredPrompt;
  draft: Written;
  /** Texts of this comparison alone, by variant. */
  own: Readonly<Record<number, Written>>;
  samples: Record<string, unknown>;
}

/** The version that a column is of; null where it is of none. */
function versionOf({ labels, version }: StoredPrompt, of: string): number | null {
  if (of.startsWith("@")) return labels.find(({ label }) => `@${label}` === of)?.version ?? null;
  const number = Number(of);
  return Number.isInteger(number) && number <= version ? number : null;
}

const isWritten = (of: string): boolean => of === DRAFT || of === OWN;

export function useColumns(variants: readonly Variant[], { prompt, draft, own, samples }: Told): Column[] {
  const numbers = variants.map(({ of }) => versionOf(prompt, of));
  const versions = useQueries({
    queries: numbers.map((number) => ({
      ...prompts.version(prompt.name, number ?? 1),
      enabled: number !== null,
      staleTime: Infinity,
    })),
  });
  const says = variants.map(({ id, of }, index) => {
    if (isWritten(of)) return of === OWN ? (own[id] ?? draft) : draft;
    const content = versions[index]?.data?.content;
    return numbers[index] !== null && content ? written(content) : null;
  });
  const texts = says.map((one) => (one ? textsOf(one) : {}));
  const [settled] = useDebouncedValue(JSON.stringify(texts), PAUSE);
  const checked = [...new Set((JSON.parse(settled) as PromptTexts[]).map((one) => JSON.stringify(one)))];
  const checks = useQueries({ queries: checked.map((text) => prompts.check(text, samples)) });
  // What is known of a text as it is now; of one that is just being typed, nothing.
  const known = new Map(checked.map((text, index) => [text, checks[index]?.data]));
  const without = useKeyless();
  return variants.map((variant, index) => {
    const one = says[index] ?? null;
    const checked = one ? known.get(JSON.stringify(texts[index])) : undefined;
    const suggested = one?.model ?? draft.model;
    const model = modelOf(suggested, variant.model);
    return {
      variant,
      says: one,
      suggested,
      model,
      fields: checked ? fieldsOf(checked) : {},
      checked: checked !== undefined,
      blocked:
        whyNot(
          !isWritten(variant.of) && numbers[index] === null,
          one,
          checked !== undefined && hasErrors(checked.findings),
          model,
        ) ?? keyMissing(model, without),
    };
  });
}

function whyNot(gone: boolean, says: Written | null, flawed: boolean, model: ModelRef): string | null {
  if (gone) return WORDS.missing;
  if (says === null) return "Its text is not here yet.";
  if (flawed) return "There are errors to mend in its text first.";
  return model.name.trim() === "" ? "Which model shall run it?" : null;
}
