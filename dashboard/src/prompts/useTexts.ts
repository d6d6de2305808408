import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { CheckedPrompt, PromptTexts } from "../api/types";
import { prompts } from "./queries";

/** Between the last key and the check, in ms. */
const PAUSE = 250;

export interface TextsCheck {
  /** The last answer. */
  checked: CheckedPrompt | null;
  /** Whether it is about the texts as they are now. */
  current: boolean;
  error: unknown;
}

/** The server's view of the texts, as they are typed. An answer about older ones never replaces a newer one. */
export function useTexts(prompt: PromptTexts, samples: Record<string, unknown>): TextsCheck {
  const asked = JSON.stringify(prompt);
  const [settled, settle] = useState(asked);
  useEffect(() => {
    if (settled === asked) return;
    const timer = setTimeout(() => settle(asked), PAUSE);
    return () => clearTimeout(timer);
  }, [asked, settled]);
  const check = useQuery({ ...prompts.check(settled, samples), placeholderData: keepPreviousData });
  return {
    checked: check.data ?? null,
    current: settled === asked && check.data !== undefined && !check.isPlaceholderData,
    error: check.error,
  };
}
