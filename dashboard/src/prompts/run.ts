/** Types of `POST /api/llm/execute`, of whose events the document says only the last. */
import type { ModelRef, PromptTexts } from "../api/types";

export interface RunRequest {
  variants: { prompt: PromptTexts; model: ModelRef }[];
  values: Record<string, unknown>;
}

export interface RunDelta {
  variant: number;
  text: string;
}

export interface RunResult {
  variant: number;
  call: string;
  text?: string | null;
  error?: { type: string; status: number; detail: string } | null;
  finish?: string | null;
  provider?: string | null;
  model?: string | null;
  usage: { tokens_in: number; tokens_out: number; tokens_cached: number };
  cost_usd?: string | null;
  latency_ms: number;
  first_token_ms?: number | null;
}
