/** What the words of a deployment mean to people. */
import type { Deployment, Status } from "../api/types";
import type { Tone } from "../ui/Badge";

/** Each status by word and tone; a new one fails the build here. */
export const STATUS: Record<Status, { word: string; tone: Tone }> = {
  queued: { word: "Queued", tone: "plain" },
  checking: { word: "Checking", tone: "busy" },
  generating: { word: "Generating", tone: "busy" },
  building: { word: "Building", tone: "busy" },
  publishing: { word: "Publishing", tone: "busy" },
  verifying: { word: "Verifying", tone: "busy" },
  live: { word: "Live", tone: "good" },
  failed: { word: "Failed", tone: "bad" },
  cancelled: { word: "Cancelled", tone: "plain" },
  superseded: { word: "Superseded", tone: "plain" },
};

/** Stages, in the order they are passed. */
export const STAGES = ["queued", "checking", "generating", "building", "publishing", "verifying"] as const;

export type Stage = (typeof STAGES)[number];

/** What a stage does, in a sentence. */
export const STAGE_ABOUT: Record<Stage, string> = {
  queued: "Waits for a worker",
  checking: "The definition, once more",
  generating: "Definition to Rust",
  building: "Rust to a function",
  publishing: "A numbered version",
  verifying: "Its health and its tests",
};

export const isFinal = (status: Status): boolean =>
  status === "live" || status === "failed" || status === "cancelled" || status === "superseded";

/** What may be done with a deployment now. */
export function offers(status: Status): { cancel: boolean; retry: boolean } {
  return {
    cancel: !isFinal(status),
    retry: status === "failed" || status === "cancelled" || status === "superseded",
  };
}

/** From the request to the end, in ms; null while it runs. */
export function took({ created, finished }: Pick<Deployment, "created" | "finished">): number | null {
  return finished ? Date.parse(finished) - Date.parse(created) : null;
}
