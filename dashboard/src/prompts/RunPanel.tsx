import { Button } from "@mantine/core";
import { IconPlayerPlayFilled, IconPlayerStopFilled } from "@tabler/icons-react";
import { memo, type ReactNode } from "react";
import { Code } from "../ui/Code";
import { span } from "../ui/format";
import { useStable } from "../ui/useStable";
import { CallLink, Cost, RunState, RunTrouble, tokensOf } from "./Outcome";
import { BEGUN } from "./run";
import { useRun, type Runs } from "./useRuns";
import type { Progress } from "./progress";
import styles from "./Studio.module.css";

interface Props {
  /** What is run here, and what it has written. */
  id: string;
  runs: Runs;
  run: () => void;
  /** Why it cannot be run now; null where it can. */
  blocked: string | null;
  /** What it will cost, as far as that can be said. */
  estimate?: ReactNode;
}

/** Run, and what comes of it. */
export function RunPanel({ id, runs: { runs, progress, stop }, run, blocked, estimate }: Props) {
  const latest = runs[id];
  const begin = useStable(run);
  const end = useStable(() => stop(id));
  return (
    <section className="panel" aria-labelledby="run">
      <header className={styles.head}>
        <span className="row">
          <h2 id="run">Run</h2>
          {latest ? <RunState run={latest} /> : null}
        </span>
        <span className="row">
          <kbd>⌘ ↵</kbd>
          <RunButton going={latest?.state === "running"} blocked={blocked} run={begin} stop={end} />
        </span>
      </header>
      <div className="inside stack close">
        {estimate}
        {latest ? <Outcome progress={progress} id={id} /> : <p className="quiet">{blocked ?? NOTHING}</p>}
      </div>
    </section>
  );
}

interface RunButtonProps extends Pick<Props, "run" | "blocked"> {
  going: boolean;
  stop: () => void;
}

const RunButton = memo(function RunButton({ going, blocked, run, stop }: RunButtonProps) {
  return going ? (
    <Button variant="default" leftSection={<IconPlayerStopFilled size={14} aria-hidden />} onClick={stop}>
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
  );
});

const NOTHING = "What the model writes comes here, word by word.";

function Outcome({ progress, id }: { progress: Progress; id: string }) {
  const run = useRun(progress, id) ?? BEGUN;
  const { text, state, result } = run;
  return (
    <>
      <RunTrouble run={run} />
      {text === "" && state !== "done" ? null : <Code text={text} what="answer" wrap height={420} />}
      <dl className={styles.facts}>
        <Fact word="First token">{span(run.first)}</Fact>
        <Fact word="Total">{span(run.took)}</Fact>
        <Fact word="Tokens">{result ? tokensOf(result) : "–"}</Fact>
        <Fact word="Cost">
          <Cost result={result} />
        </Fact>
      </dl>
      {result ? <CallLink result={result} /> : null}
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
