/** What tabs and whoever reads `GET /api/events` for them say to each other. */
import type { components } from "../api/schema";

export type Change = components["schemas"]["ChangeEvent"];
export type Calls = components["schemas"]["CallsEvent"];

export type Told =
  /** From here on nothing is missed. What was loaded before may be older, where it says so. */
  | { type: "ready"; anew: boolean }
  | { type: "change"; change: Change }
  | { type: "calls"; calls: Calls }
  /** The server cannot be reached, or ails; it is tried again. */
  | { type: "lost" }
  /** The server will not have this reader, who has gone: whoever still wants to follow must ask anew. */
  | { type: "refused" };

export type Asked =
  /** `person` is who reads: somebody else does not read on where they were. */
  | { type: "follow"; person: string; address: string }
  | { type: "leave" }
  /** The server answers again: there is no need to wait. */
  | { type: "hurry" };
