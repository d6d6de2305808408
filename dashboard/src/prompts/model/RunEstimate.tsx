import type { ModelRef, PromptTexts } from "../../api/types";
import { estimate, roughTokens } from "./estimate";
import { useModel } from "./useModel";

interface Props {
  model: ModelRef;
  texts: PromptTexts;
  values: Readonly<Record<string, unknown>>;
}

/** What a run will cost, before it. Where something is wrong with the model, nothing: that is said elsewhere. */
export function RunEstimate({ model, texts, values }: Props) {
  const known = useModel(model);
  if (known?.planned === null || model.name.trim() === "") return null;
  return <p className="quiet small">{known ? estimate(known.planned, roughTokens(texts, values)) : "…"}</p>;
}
