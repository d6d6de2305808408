/** Types of `POST /api/llm/execute`; of its events, the API's document says only the last. */
import type { components } from "../api/schema";

export type RunRequest = components["schemas"]["RunRequest"];
export type RunResult = components["schemas"]["RunResult"];

/** What the model has written since. */
export interface RunDelta {
  /** Counted from 0. */
  variant: number;
  text: string;
}
