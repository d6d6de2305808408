import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { StoredPrompt } from "../../api/types";
import { Drafts, tabName } from "../../designer/draft";
import type { Written } from "../content";
import { added, begin, duplicated, fromAddress, OWN, removed, toAddress, type Variant } from "./variants";

export interface Comparison {
  variants: readonly Variant[];
  /** Texts of this comparison alone, by variant. */
  own: Readonly<Record<number, Written>>;
  /** Gives a variant a text of its own. */
  write: (id: number, text: Written) => void;
  put: (id: number, what: Partial<Variant>) => void;
  add: () => void;
  duplicate: (id: number) => void;
  remove: (id: number) => void;
}

/** What is compared. The address says it, but for texts, which are too long: this tab keeps them. */
export function useCompare(prompt: StoredPrompt, slot: string): Comparison {
  const { compare } = useSearch({ from: "/prompts/$name" });
  const navigate = useNavigate({ from: "/prompts/$name" });
  const [drafts] = useState(() => new Drafts(sessionStorage, tabName()));
  const [variants, change] = useState<readonly Variant[]>(() => {
    const said = fromAddress(compare ?? "");
    return said.length > 0 ? said : begin(prompt);
  });
  const [own, setOwn] = useState(() => restored(drafts, slot, variants));
  const address = toAddress(variants);
  useEffect(() => {
    if (address === compare) return;
    void navigate({
      search: (before) => ({ ...before, compare: address }),
      replace: true,
      resetScroll: false,
    });
  }, [address, compare, navigate]);
  useEffect(() => {
    const texts = variants.map(({ id, of }) => (of === OWN ? (own[id] ?? null) : null));
    if (texts.every((text) => text === null)) drafts.drop(slot);
    else drafts.keep(slot, { toml: JSON.stringify(texts), base: null, at: Date.now() });
  }, [variants, own, drafts, slot]);
  const put = (id: number, what: Partial<Variant>) =>
    change(variants.map((variant) => (variant.id === id ? { ...variant, ...what } : variant)));
  const keep = (id: number, text: Written) => setOwn((before) => ({ ...before, [id]: text }));
  return {
    variants,
    own,
    put,
    write: (id, text) => {
      keep(id, text);
      put(id, { of: OWN });
    },
    add: () => change(added(variants)),
    duplicate: (id) => {
      const next = duplicated(variants, id);
      const copy = next[next.findIndex((variant) => variant.id === id) + 1];
      const text = own[id];
      if (copy?.of === OWN && text) keep(copy.id, text);
      change(next);
    },
    remove: (id) => change(removed(variants, id)),
  };
}

/** Texts of a comparison as this tab kept them, each at its place. */
function restored(drafts: Drafts, slot: string, variants: readonly Variant[]): Record<number, Written> {
  const kept = drafts.own(slot);
  if (!kept) return {};
  try {
    const texts = JSON.parse(kept.toml) as (Written | null)[];
    return Object.fromEntries(
      variants.flatMap(({ id, of }, index) => {
        const text = texts[index];
        return of === OWN && text ? [[id, text]] : [];
      }),
    );
  } catch {
    return {};
  }
}
