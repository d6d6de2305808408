/** What was typed and not deployed, kept in this browser. Each tab has its own, so that none overwrites another's. */

export interface Draft {
  toml: string;
  /** The version that it began with; null for an endpoint that is not there yet. */
  base: number | null;
  /** In ms since 1970. */
  at: number;
}

const PREFIX = "promptpilot.draft.";

/** Older drafts are forgotten, in ms. */
const KEPT = 30 * 86_400_000;

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

export class Drafts {
  constructor(
    private readonly store: Store,
    private readonly tab: string,
  ) {}

  /** This tab's draft of an endpoint, which is named with its organization. */
  own(endpoint: string): Draft | null {
    return read(this.store.getItem(this.key(endpoint)));
  }

  /** The newest draft of another tab. */
  other(endpoint: string): (Draft & { key: string }) | null {
    const found = this.keys(endpoint)
      .filter((key) => key !== this.key(endpoint))
      .flatMap((key) => {
        const draft = read(this.store.getItem(key));
        return draft ? [{ ...draft, key }] : [];
      });
    return found.sort((a, b) => b.at - a.at)[0] ?? null;
  }

  keep(endpoint: string, draft: Draft): boolean {
    try {
      this.store.setItem(this.key(endpoint), JSON.stringify(draft));
      return true;
    } catch {
      return false;
    }
  }

  drop(endpoint: string): void {
    this.store.removeItem(this.key(endpoint));
  }

  dropKey(key: string): void {
    this.store.removeItem(key);
  }

  /** Forgets what is too old to be meant. */
  sweep(now: number): void {
    for (const key of this.keys("")) {
      const draft = read(this.store.getItem(key));
      if (!draft || now - draft.at > KEPT) this.store.removeItem(key);
    }
  }

  private key(endpoint: string): string {
    return `${PREFIX}${endpoint}.${this.tab}`;
  }

  private keys(endpoint: string): string[] {
    const start = endpoint === "" ? PREFIX : `${PREFIX}${endpoint}.`;
    return Array.from({ length: this.store.length }, (_, index) => this.store.key(index)).filter(
      (key) => key?.startsWith(start) ?? false,
    ) as string[];
  }
}

function read(text: string | null): Draft | null {
  if (text === null) return null;
  try {
    const draft = JSON.parse(text) as Partial<Draft>;
    return typeof draft.toml === "string" && typeof draft.at === "number"
      ? { toml: draft.toml, base: draft.base ?? null, at: draft.at }
      : null;
  } catch {
    return null;
  }
}

/** This tab's name, which a reload keeps. */
export function tabName(): string {
  const key = "promptpilot.tab";
  const known = sessionStorage.getItem(key);
  if (known !== null) return known;
  const name = Math.random().toString(36).slice(2, 10);
  sessionStorage.setItem(key, name);
  return name;
}
