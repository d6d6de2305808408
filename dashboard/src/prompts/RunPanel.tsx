import { Button } from "@mantine/core";
import { IconPlayerPlayFilled, IconPlayerStopFilled } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Badge, type Tone } from "../ui/Badge";
import { Code } from "../ui/Code";
import { count, money, span } from "../ui/format";
import { Trouble } from "../ui/Trouble";
import type { RunResult } from "./run";
import type { Run, Running } from "./useRun";
import styles from "./Studio.module.css";

interface Props {
  running: Running;
  run: () => void;
  /** Why it cannot be run now; null where it can. */
  blocked: string | null;
}

/** Run, and what comes of it. */
export function RunPanel({ running: { run: latest, stop }, run, blocked }: Props) {
  const going = latest?.state === "running";
  return (
    <section className="panel" aria-labelledby="run">
      <header className={styles.head}>
        <span className="row">
          <h2 id="run">Run</h2>
          {latest ? <State run={latest} /> : null}
        </span>
        <span className="row">
          <kbd>⌘ ↵</kbd>
          {going ? (
            <Button
              variant="default"
              leftSection={<IconPlayerStopFilled size={14} aria-hidden />}
              onClick={stop}
            >
              Stop
            </Button>
          ) : (
            <Button
              disabled={blocked !== null}
              title={blocked ?? ""}
              leftSection={<IconPlayerPlayFilled size={14} aria-hidden />}
              onClick={run}
            >
              Run
            </Button>
          )}
        </span>
      </header>
      <div className="inside stack close">
        {latest ? <Outcome run={latest} /> : <p className="quiet">{blocked ?? WORDS.nothing}</p>}
      </div>
    </section>
  );
}

const WORDS = {
  nothing: "What the model writes comes here, word by word.",
  price: "No price is known for this model.",
};

const STATES: Record<Run["state"], { tone: Tone; word: string }> = {
  running: { tone: "busy", word: "Running" },
  done: { tone: "good", word: "Done" },
  stopped: { tone: "warn", word: "Stopped" },
  failed: { tone: "bad", word: "Failed" },
};

function State({ run }: { run: Run }) {
  const { tone, word } = STATES[run.state];
  return (
    <span role="status">
      <Badge tone={tone}>{word}</Badge>
    </span>
  );
}

function Outcome({ run }: { run: Run }) {
  const { text, state, error, result } = run;
  return (
    <>
      {error ? <Trouble what="It could not be run" error={error} /> : null}
      {result?.error ? (
        <Trouble
          what={`The model gave no answer (${result.error.type})`}
          error={new Error(result.error.detail)}
        />
      ) : null}
      {text === "" && state !== "done" ? null : <Code text={text} what="answer" wrap height={420} />}
      <dl className={styles.facts}>
        <Fact word="First token">{span(run.first)}</Fact>
        <Fact word="Total">{span(run.took)}</Fact>
        <Fact word="Tokens">{result ? tokens(result) : "–"}</Fact>
        <Fact word="Cost">{cost(result)}</Fact>
      </dl>
      {result ? (
        <div className="row small">
          <span className="quiet">
            {[result.provider, result.model].filter(Boolean).join(" ")}
            {result.finish && result.finish !== "stop" ? `, ended by ${result.finish}` : ""}
          </span>
          <Link to="/calls" search={{ call: result.call }}>
            See the call
          </Link>
        </div>
      ) : null}
    </>
  );
}

function Fact({ word, children }: { word: string; children: ReactNode }) {
  return (
    <div>
      <dt>{word}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function tokens({ usage: { tokens_in, tokens_out, tokens_cached } }: RunResult): string {
  const cached = tokens_cached > 0 ? ` (${count(tokens_cached)} cached)` : "";
  return `${count(tokens_in)}${cached} in, ${count(tokens_out)} out`;
}

function cost(result: RunResult | null) {
  const usd = result?.cost_usd;
  if (usd === null || usd === undefined) {
    return <span title={result ? WORDS.price : ""}>–</span>;
  }
  return money(Number(usd) * 1_000_000);
}
