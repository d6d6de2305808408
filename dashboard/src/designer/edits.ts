/** Edits of the form on their way into the text. */
import { replaceEqualDeep } from "@tanstack/react-query";
import type { Checked, Finding } from "../api/types";
import { apply, joined, type Json, type Operation } from "./patch";

export type CheckedText = Checked & { toml: string };

/** What the queue needs of the world around it. */
export interface Ports {
  /** The text as it is now; null while there is no editor. */
  text: () => string | null;
  /** The server's answer to a text and a patch. */
  check: (toml: string, patch: Operation[]) => Promise<CheckedText>;
  /** Puts the server's text into the editor; `again` where it goes on with the edit before. */
  write: (answer: CheckedText, again: boolean) => void;
  refused: (finding: Finding) => void;
}

export interface Pending {
  /** The definition with all edits; null until the text could be read once. */
  doc: Json | null;
  /** Whether edits are on their way. */
  busy: boolean;
  /** Why edits wait; they go on with the next one. */
  error: unknown;
}

/** Between the last edit and its way to the server, in ms. */
const PAUSE = 150;

/**
 * Sends edits in their order, one patch at a time, each on the text as it is by then. An answer about a text that
 * has changed meanwhile is dropped, and its patch is sent again.
 */
export class EditQueue {
  private base: Json | null = null;
  private pending: Operation[] = [];
  private sent = 0;
  private running = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastPath: string | null = null;
  private state: Pending = { doc: null, busy: false, error: null };
  private listeners = new Set<() => void>();
  private idle: (() => void)[] = [];

  constructor(private ports: Ports) {}

  connect(ports: Ports): void {
    this.ports = ports;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): Pending => this.state;

  /** What the text says, whoever wrote it. */
  learn(json: Json): void {
    this.base = json;
    this.tell(this.state.error);
  }

  readonly edit = (make: (doc: Json) => Operation[]): void => {
    if (this.state.doc === null) return;
    const more = make(this.state.doc);
    if (more.length === 0) return;
    this.pending = [...this.pending.slice(0, this.sent), ...joined(this.pending.slice(this.sent), more)];
    this.tell(null);
    this.schedule(PAUSE);
  };

  /** Once nothing is on its way any more. */
  settled(): Promise<void> {
    if (this.pending.length === 0) return Promise.resolve();
    this.schedule(0);
    return new Promise((done) => this.idle.push(done));
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.run(), ms);
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      while (this.pending.length > 0 && (await this.send()));
    } catch (error) {
      this.tell(error);
    } finally {
      this.running = false;
      this.sent = 0;
      if (this.pending.length === 0) for (const done of this.idle.splice(0)) done();
    }
  }

  /** Sends what there is; false where there is no text to send it with. */
  private async send(): Promise<boolean> {
    const before = this.ports.text();
    if (before === null) return false;
    this.sent = this.pending.length;
    const patch = this.pending.slice();
    const answer = await this.ports.check(before, patch);
    if (this.ports.text() !== before) return true;
    this.pending = this.pending.slice(this.sent);
    this.sent = 0;
    const refusal = refusalIn(answer);
    if (refusal) this.ports.refused(refusal);
    else this.take(answer, patch);
    this.tell(null);
    return true;
  }

  private take(answer: CheckedText, patch: Operation[]): void {
    const path = patch.length === 1 ? (patch[0]?.path ?? null) : null;
    this.base = (answer.json ?? null) as Json | null;
    this.ports.write(answer, path !== null && path === this.lastPath);
    this.lastPath = path;
  }

  private tell(error: unknown): void {
    const doc = this.base === null ? this.state.doc : apply(this.base, this.pending);
    this.state = {
      doc: replaceEqualDeep(this.state.doc, doc),
      busy: this.pending.length > 0,
      error,
    };
    for (const listener of this.listeners) listener();
  }
}

/** Why a patch was not applied; null where it was. */
function refusalIn({ findings }: Checked): Finding | null {
  return findings.find(({ code }) => code === "patch-refused" || code === "toml-syntax") ?? null;
}
