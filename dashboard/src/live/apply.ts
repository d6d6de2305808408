/** Brings what events say into the cache. */
import type { InvalidateQueryFilters, QueryClient } from "@tanstack/react-query";
import { keepChoice, session } from "../api/session";
import { news } from "./news";
import { CALLS, effectOf, patched, type Place } from "./rules";
import type { Calls, Change } from "./told";

/** What comes within so many ms is asked for once; figures of calls are asked for more seldom. */
const SOON = 100;
const LATER = 2_000;

export class Cache {
  private readonly waiting = new Map<string, Place>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private due = Infinity;

  constructor(
    private readonly client: QueryClient,
    /** Whether somebody sees the pages. Else they are asked for once somebody does. */
    private readonly isSeen: () => boolean,
  ) {}

  change(change: Change, person: string): void {
    const { stale, put, me } = effectOf(change, person);
    if (put) {
      const { into, id, fields } = put;
      this.client.setQueriesData({ queryKey: into }, (data: unknown) => patched(data, id, fields));
    }
    if (me) {
      if (change.type === "organization.changed") keepChoice(change.id ?? "", String(change.data["slug"]));
      session.forget();
      this.later([["me"]], SOON);
    }
    this.later(stale, SOON);
    // Every change is a line of the audit log, which does not move under its readers.
    void this.client.invalidateQueries({ queryKey: ["audit"], refetchType: "none" });
  }

  calls(calls: Calls): void {
    news.tell(calls);
    this.later(CALLS, LATER);
    void this.client.invalidateQueries({
      queryKey: ["calls", "one"],
      predicate: ({ state }) => state.status === "error",
    });
  }

  /** All that was loaded may be older than what is told from now on. */
  anew(): void {
    this.later([[]], 0);
  }

  /** What grew old while nobody looked. */
  seen(): void {
    void this.client.refetchQueries({ type: "active", predicate: ({ state }) => state.isInvalidated });
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.waiting.clear();
  }

  private later(places: readonly Place[], ms: number): void {
    for (const place of places) this.waiting.set(JSON.stringify(place), place);
    const due = Date.now() + ms;
    if (this.timer !== null && this.due <= due) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => this.flush(), ms);
  }

  private flush(): void {
    this.timer = null;
    const places = [...this.waiting.values()];
    this.waiting.clear();
    const refetchType = this.isSeen() ? "active" : "none";
    for (const place of places) {
      const filters: InvalidateQueryFilters =
        "exactly" in place ? { queryKey: place.exactly, exact: true } : { queryKey: place };
      void this.client.invalidateQueries({ ...filters, refetchType });
    }
  }
}
