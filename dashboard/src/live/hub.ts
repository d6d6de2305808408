/** Who listens to which reader: one reader for all listeners that ask for the same. */
import { Reader } from "./reader";
import type { Asked, Told } from "./told";

export interface Listener {
  hear: (told: Told) => void;
}

interface Going {
  reader: Pick<Reader, "stop" | "hurry" | "ready">;
  listeners: Set<Listener>;
}

/** Begins to read. */
type Begin = (address: string, tell: (told: Told) => void) => Going["reader"];

const read: Begin = (address, tell) => {
  const reader = new Reader(address, tell);
  void reader.read();
  return reader;
};

export class Hub {
  private readonly going = new Map<string, Going>();

  constructor(private readonly begin: Begin = read) {}

  ask(listener: Listener, asked: Asked): void {
    switch (asked.type) {
      case "follow":
        this.follow(listener, `${asked.person} ${asked.address}`, asked.address);
        break;
      case "leave":
        this.leave(listener);
        break;
      case "hurry":
        for (const { reader, listeners } of this.going.values()) if (listeners.has(listener)) reader.hurry();
    }
  }

  private follow(listener: Listener, key: string, address: string): void {
    const there = this.going.get(key);
    if (!there?.listeners.has(listener)) this.leave(listener);
    if (there) {
      there.listeners.add(listener);
      // What it loaded before it listened may be older than what the others were told.
      if (there.reader.ready) listener.hear({ type: "ready", anew: true });
      else there.reader.hurry();
      return;
    }
    const listeners = new Set([listener]);
    const tell = (told: Told) => {
      if (told.type === "refused") this.going.delete(key);
      for (const one of listeners) one.hear(told);
    };
    this.going.set(key, { listeners, reader: this.begin(address, tell) });
  }

  private leave(listener: Listener): void {
    for (const [key, { listeners, reader }] of this.going) {
      if (!listeners.delete(listener) || listeners.size > 0) continue;
      reader.stop();
      this.going.delete(key);
    }
  }
}
