import { useEffect, useRef, useState } from "react";
import { Drafts, tabName, type Draft } from "./draft";

/** Between a key and its being kept, in ms. */
const KEEP_AFTER = 300;

export interface Editing {
  /** What the editor begins with; it is never overwritten from outside. */
  initial: string;
  toml: string;
  type: (toml: string) => void;
  /** The version that this began with. */
  base: number | null;
  changed: boolean;
  /** When the text was restored that this tab had; null where it was not. */
  restored: number | null;
  /** What another tab left, if anything. */
  other: (Draft & { key: string }) | null;
  kept: boolean;
  /** Goes back to the saved text, or to another tab's; the editor begins anew. */
  restart: (draft: Draft | null) => void;
  forgetOther: () => void;
  /** After a deploy: nothing is left to keep. */
  done: () => void;
  /** Counts up when the editor has to begin anew. */
  round: number;
}

interface Saved {
  toml: string;
  version: number | null;
}

export function useDraft(endpoint: string, saved: Saved): Editing {
  const [drafts] = useState(() => {
    const drafts = new Drafts(localStorage, tabName());
    drafts.sweep(Date.now());
    return drafts;
  });
  const [begun, setBegun] = useState(() => {
    const own = drafts.own(endpoint);
    const differs = own !== null && own.toml !== saved.toml;
    return {
      initial: differs ? own.toml : saved.toml,
      base: differs ? own.base : saved.version,
      restored: differs ? own.at : null,
      // What is deployed since is the text that changes are counted from.
      saved: saved.toml,
      round: 0,
    };
  });
  const [other, setOther] = useState(() => drafts.other(endpoint));
  const [toml, setToml] = useState(begun.initial);
  const [kept, setKept] = useState(true);
  const finished = useRef(false);
  const changed = toml !== begun.saved;

  useEffect(() => {
    if (finished.current) return;
    if (!changed) {
      drafts.drop(endpoint);
      return;
    }
    const keep = () => setKept(drafts.keep(endpoint, { toml, base: begun.base, at: Date.now() }));
    const timer = setTimeout(keep, KEEP_AFTER);
    window.addEventListener("pagehide", keep);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("pagehide", keep);
      if (!finished.current) drafts.keep(endpoint, { toml, base: begun.base, at: Date.now() });
    };
  }, [toml, changed, begun.base, drafts, endpoint]);

  return {
    ...begun,
    toml,
    type: setToml,
    changed,
    other: other !== null && other.toml !== toml ? other : null,
    kept,
    restart: (draft) => {
      const text = draft?.toml ?? saved.toml;
      setBegun(({ round }) => ({
        initial: text,
        base: draft ? draft.base : saved.version,
        restored: null,
        saved: saved.toml,
        round: round + 1,
      }));
      setToml(text);
    },
    forgetOther: () => {
      if (other) drafts.dropKey(other.key);
      setOther(null);
    },
    done: () => {
      finished.current = true;
      drafts.drop(endpoint);
    },
  };
}
