import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, unwrap } from "../api/client";
import type { CheckedText } from "./edits";
import type { Operation } from "./patch";

/** Between the last key and the check, in ms. */
const PAUSE = 200;

export interface Check {
  /** The last answer, and the text that it is about. */
  checked: CheckedText | null;
  /** Whether that text is the one in the editor. */
  current: boolean;
  error: unknown;
  retry: () => void;
  /** Asks about a text with a patch. */
  patched: (toml: string, patch: Operation[]) => Promise<CheckedText>;
  /** Takes an answer to that: it is not asked for again. */
  take: (answer: CheckedText) => void;
}

const keyOf = (file: string, code: boolean, toml: string) => ["check", file, code, toml];

/** The server's view of a text, as it is typed. An answer about an older text never replaces a newer one. */
export function useCheck(file: string, toml: string, code: boolean): Check {
  const client = useQueryClient();
  const [settled, settle] = useState(toml);
  useEffect(() => {
    if (settled === toml) return;
    // What was undone is known still.
    const known = client.getQueryData(keyOf(file, code, toml)) !== undefined;
    const timer = setTimeout(() => settle(toml), known ? 0 : PAUSE);
    return () => clearTimeout(timer);
  }, [client, file, code, toml, settled]);
  const check = useQuery({
    queryKey: keyOf(file, code, settled),
    queryFn: ({ signal }) => ask({ file, toml: settled, patch: [] }, code, signal),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 30_000,
  });
  const checked = check.data ?? null;
  return {
    checked,
    current: checked?.toml === toml,
    error: check.error,
    retry: () => void check.refetch(),
    patched: (text, patch) => ask({ file, toml: text, patch }, code),
    take: (answer) => {
      client.setQueryData(keyOf(file, code, answer.toml), answer);
      settle(answer.toml);
    },
  };
}

interface Question {
  file: string;
  toml: string;
  patch: Operation[];
}

async function ask(question: Question, code: boolean, signal?: AbortSignal): Promise<CheckedText> {
  const body = { definitions: [question], code };
  const { results } = await unwrap(api.POST("/api/endpoints/check", { body, ...(signal ? { signal } : {}) }));
  const [checked] = results;
  if (!checked) throw new Error("The server checked nothing.");
  return { ...checked, toml: checked.toml ?? question.toml };
}
