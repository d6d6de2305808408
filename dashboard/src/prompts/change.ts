import { api, write } from "../api/client";
import type { PromptChange, StoredPrompt } from "../api/types";

/** A prompt, and what an edit of it says that it saw. */
export interface Seen {
  prompt: StoredPrompt;
  etag: string;
}

/** Changes a prompt, if it is still as it was seen at `etag`; with `force`, even if others say its name. */
export async function changePrompt(
  name: string,
  change: PromptChange,
  etag: string,
  force = false,
): Promise<Seen> {
  let next = "*";
  const prompt = await write(async (key) => {
    const answer = await api.PATCH("/api/prompts/{name}", {
      params: {
        path: { name },
        query: force ? { force } : {},
        header: { "if-match": etag, "idempotency-key": key },
      },
      body: change,
    });
    next = answer.response.headers.get("etag") ?? "*";
    return answer;
  });
  return { prompt, etag: next };
}
