/** One reader of `GET /api/events`, who comes back where it was for as long as it is wanted. */
import { events, type ServerEvent } from "../api/sse";
import type { Calls, Change, Told } from "./told";

/** The server gives a sign of life every 15 s: after so long without one, in ms, the connection is dead. */
const SILENCE = 45_000;

/** Between two attempts, in ms: doubled each time up to the longest, and never just when all others try. */
const SHORTEST = 500;
const LONGEST = 30_000;

/** What the outside is. Tests have their own. */
export interface Outside {
  fetch: typeof fetch;
  /** Waits so many ms, or until it is no use. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  random: () => number;
}

const OUTSIDE: Outside = {
  fetch: (input, init) => fetch(input, init),
  wait: (ms, signal) =>
    new Promise((wake) => {
      const timer = setTimeout(wake, ms);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        wake();
      });
    }),
  random: Math.random,
};

/** How long to wait after so many failures in a row. */
export const pause = (failures: number, random: number): number =>
  Math.min(LONGEST, SHORTEST * 2 ** Math.max(0, failures - 1)) * (0.5 + random / 2);

/** Refusals that asking again does not mend. */
const isFinal = (status: number): boolean => [401, 403, 404].includes(status);

export class Reader {
  /** Whether nothing is missed now. */
  ready = false;
  private readonly end = new AbortController();
  /** What ends a wait. */
  private nap = new AbortController();
  /** The place of the last event. */
  private last: string | null = null;
  private anew = true;
  private failures = 0;

  constructor(
    private readonly address: string,
    private readonly tell: (told: Told) => void,
    private readonly outside: Outside = OUTSIDE,
  ) {}

  stop(): void {
    this.end.abort();
    this.nap.abort();
  }

  /** Ends a wait. */
  hurry(): void {
    this.nap.abort();
  }

  /** Reads until it is stopped or refused. */
  async read(): Promise<void> {
    for (;;) {
      const refused = await this.once().catch(() => this.lose());
      if (this.end.signal.aborted) return;
      if (refused) {
        this.ready = false;
        this.tell({ type: "refused" });
        return;
      }
      this.nap = new AbortController();
      await this.outside.wait(pause(this.failures, this.outside.random()), this.nap.signal);
    }
  }

  /** One connection, from its beginning to its end. A server ends each after a while; that is no failure. */
  private async once(): Promise<boolean> {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENCE);
    const hear = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE);
    };
    try {
      const response = await this.outside.fetch(this.address, {
        headers: {
          accept: "text/event-stream",
          ...(this.last === null ? {} : { "last-event-id": this.last }),
        },
        cache: "no-store",
        signal: AbortSignal.any([this.end.signal, silence.signal]),
      });
      if (isFinal(response.status)) return true;
      if (!response.ok || response.body === null) throw new Error(`answered with ${response.status}`);
      let greeted = false;
      for await (const event of events(response.body, hear)) {
        this.take(event);
        greeted ||= event.name === "ready";
      }
      return greeted ? false : this.lose();
    } finally {
      clearTimeout(timer);
    }
  }

  /** A connection that breaks off after all was well is taken up again without a word. */
  private lose(): false {
    this.failures += 1;
    if (this.failures > 1 || !this.ready) {
      this.ready = false;
      if (!this.end.signal.aborted) this.tell({ type: "lost" });
    }
    return false;
  }

  private take({ name, data, id }: ServerEvent): void {
    if (id !== undefined) this.last = id;
    switch (name) {
      case "change":
        this.tell({ type: "change", change: JSON.parse(data) as Change });
        break;
      case "calls":
        this.tell({ type: "calls", calls: JSON.parse(data) as Calls });
        break;
      // What was missed is not told of any more.
      case "reset":
        this.anew = true;
        break;
      case "ready":
        this.tellReady();
    }
  }

  /** A reader that has just come back to where it was has missed nothing, and nobody need hear of it. */
  private tellReady(): void {
    if (this.anew || !this.ready) this.tell({ type: "ready", anew: this.anew });
    this.ready = true;
    this.anew = false;
    this.failures = 0;
  }
}
