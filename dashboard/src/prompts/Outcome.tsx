import { Link } from "@tanstack/react-router";
import { Badge, type Tone } from "../ui/Badge";
import { count, money } from "../ui/format";
import { Trouble } from "../ui/Trouble";
import type { Run, RunResult } from "./run";

const STATES: Record<Run["state"], { tone: Tone; word: string }> = {
  running: { tone: "busy", word: "Running" },
  done: { tone: "good", word: "Done" },
  stopped: { tone: "warn", word: "Stopped" },
  failed: { tone: "bad", word: "Failed" },
};

/** How far a run is. */
export function RunState({ run }: { run: Run }) {
  const { tone, word } = STATES[run.state];
  return (
    <span role="status">
      <Badge tone={tone}>{word}</Badge>
    </span>
  );
}

/** Why a run did not come about, or came to nothing. */
export function RunTrouble({ run: { error, result } }: { run: Run }) {
  if (error) return <Trouble what="It could not be run" error={error} />;
  if (!result?.error) return null;
  const { type, detail } = result.error;
  return <Trouble what={`The model gave no answer (${type})`} error={new Error(detail)} />;
}

/** Who answered, why it ended, and the way to the call's record. */
export function CallLink({ result: { provider, model, finish, call } }: { result: RunResult }) {
  return (
    <div className="row small">
      <span className="quiet">
        {[provider, model].filter(Boolean).join(" ")}
        {finish && finish !== "stop" ? `, ended by ${finish}` : ""}
      </span>
      <Link to="/calls" search={{ call }}>
        See the call
      </Link>
    </div>
  );
}

export function tokensOf({ usage: { tokens_in, tokens_out, tokens_cached } }: RunResult): string {
  const cached = tokens_cached > 0 ? ` (${count(tokens_cached)} cached)` : "";
  return `${count(tokens_in)}${cached} in, ${count(tokens_out)} out`;
}

export function Cost({ result }: { result: RunResult | null }) {
  const usd = result?.cost_usd;
  if (usd !== null && usd !== undefined) return money(Number(usd) * 1_000_000);
  return <span title={result ? "No price is known for this model." : ""}>–</span>;
}
