/** How far runs are. A page is drawn anew where one begins or ends, and what shows its text as it writes. */
import { BEGUN, type Run } from "./run";

type Known = Readonly<Record<string, Run | undefined>>;

export class Progress {
  private readonly runs = new Map<string, Run>();
  private readonly listeners = new Set<() => void>();
  private beginnings: Known = {};

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly get = (id: string): Run | undefined => this.runs.get(id);

  /** All by their ids: those that have ended, and of the others that they have begun. The very same until that changes. */
  readonly known = (): Known => this.beginnings;

  put(id: string, run: Run): void {
    this.runs.set(id, run);
    const known = run.state === "running" ? BEGUN : run;
    if (this.beginnings[id] !== known) this.beginnings = { ...this.beginnings, [id]: known };
    for (const listener of this.listeners) listener();
  }
}
