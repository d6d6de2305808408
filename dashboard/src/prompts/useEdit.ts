import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import { ApiError } from "../api/problem";
import type { PromptContent, StoredPrompt } from "../api/types";
import { Drafts, tabName } from "../designer/draft";
import { tell, tellWithUndo } from "../ui/toast";
import { changePrompt } from "./change";
import { same, written, type Written } from "./content";
import { prompts } from "./queries";

/** What an edit began with. */
export interface Seed {
  content: PromptContent;
  /** The newest version then. */
  base: number;
  /** What an edit says that it saw. */
  etag: string;
  /** The version that says so. */
  version: number;
}

/** Somebody else was quicker. */
export interface Clash {
  current: StoredPrompt;
  etag: string;
}

/** Between the last key and its keeping, in ms. */
const KEEP_AFTER = 400;

/** A draft is the writing itself with the etag that it began at. */
interface Kept {
  now: Written;
  etag: string;
}

/** What is being written on a prompt. It is never overwritten from outside. */
export function useEdit(name: string, slot: string, seed: Seed, restores: boolean) {
  const client = useQueryClient();
  const [drafts] = useState(() => new Drafts(localStorage, tabName()));
  const [begun, setBegun] = useState(() => begin(drafts, slot, seed, restores));
  const [now, setNow] = useState(begun.now);
  const [clash, setClash] = useState<Clash | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const changed = !same(now, begun.saved);

  const keep = useEffectEvent(() => {
    if (!changed) return;
    const kept: Kept = { now, etag: begun.etag };
    drafts.keep(slot, { toml: JSON.stringify(kept), base: begun.base, at: Date.now() });
  });
  useEffect(() => {
    if (!changed) {
      drafts.drop(slot);
      return;
    }
    const timer = setTimeout(() => keep(), KEEP_AFTER);
    return () => clearTimeout(timer);
  }, [now, changed, drafts, slot]);
  useEffect(() => {
    const onHide = () => keep();
    window.addEventListener("pagehide", onHide);
    return () => {
      window.removeEventListener("pagehide", onHide);
      keep();
    };
  }, []);

  /** Begins anew with what is there. */
  const restart = ({ content, base, etag, version }: Seed) => {
    const saved = written(content);
    setBegun((before) => ({
      now: saved,
      saved,
      version,
      base,
      etag,
      restored: null,
      round: before.round + 1,
    }));
    setNow(saved);
    setClash(null);
    setError(null);
  };

  /** Puts another writing in this one's place; the toast brings this one back. */
  const open = (other: Written, words: string) => {
    const put = (next: Written) => {
      setNow(next);
      setBegun((before) => ({ ...before, round: before.round + 1 }));
    };
    put(other);
    if (!same(other, now)) tellWithUndo(words, () => put(now));
  };

  const save = async (content: PromptContent, message: string, etag: string): Promise<boolean> => {
    if (busy) return false;
    setBusy(true);
    setError(null);
    try {
      const why = message.trim();
      const change = { content, ...(why === "" ? {} : { message: why }) };
      const { prompt, etag: next } = await changePrompt(name, change, etag);
      client.setQueryData(prompts.one(name).queryKey, { prompt, etag: next });
      const { version } = prompt;
      setBegun((before) => ({ ...before, saved: now, version, base: version, etag: next, restored: null }));
      setClash(null);
      tell(
        prompt.version === begun.base
          ? "It says the same: no new version."
          : `Saved as version ${prompt.version}.`,
      );
      void client.invalidateQueries({ queryKey: ["prompts"] });
      return true;
    } catch (thrown) {
      const other = clashOf(thrown);
      if (other) setClash(other);
      else setError(thrown);
      return false;
    } finally {
      setBusy(false);
    }
  };

  return { begun, now, change: setNow, changed, busy, error, clash, setClash, save, open, restart };
}

export type Edit = ReturnType<typeof useEdit>;

function begin(drafts: Drafts, slot: string, { content, base, etag, version }: Seed, restores: boolean) {
  const saved = written(content);
  const draft = restores ? drafts.own(slot) : null;
  const kept = draft ? keptIn(draft.toml) : null;
  const differs = draft !== null && kept !== null && !same(kept.now, saved);
  return {
    now: differs ? kept.now : saved,
    saved,
    version,
    base: differs ? (draft.base ?? base) : base,
    etag: differs ? kept.etag : etag,
    restored: differs ? draft.at : null,
    round: 0,
  };
}

function keptIn(text: string): Kept | null {
  try {
    const kept = JSON.parse(text) as Partial<Kept>;
    return kept.now && typeof kept.etag === "string" ? { now: kept.now, etag: kept.etag } : null;
  } catch {
    return null;
  }
}

/** What is there now, out of a refusal of what was based on something older. */
function clashOf(error: unknown): Clash | null {
  if (!(error instanceof ApiError) || error.status !== 412) return null;
  const current = error.problem?.["current"];
  const revision = error.problem?.["revision"];
  if (typeof current !== "object" || current === null || typeof revision !== "string") return null;
  return { current: current as StoredPrompt, etag: `"${revision}"` };
}
