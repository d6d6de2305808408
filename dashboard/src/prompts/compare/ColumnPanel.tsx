import { ActionIcon, Button, NativeSelect } from "@mantine/core";
import {
  IconChevronRight,
  IconCopyPlus,
  IconPencil,
  IconPlayerPlayFilled,
  IconPlayerStopFilled,
  IconTrash,
  IconTrophy,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { StoredPrompt } from "../../api/types";
import { Code } from "../../ui/Code";
import { span } from "../../ui/format";
import { ModelBar } from "../model/ModelBar";
import { CallLink, Cost, RunState, RunTrouble, tokensOf } from "../Outcome";
import { BEGUN, type Run } from "../run";
import { useRun } from "../useRuns";
import type { Progress } from "../progress";
import { sources } from "./sources";
import type { Column } from "./useColumns";
import { chosen, FIGURES, type Figure, type Variant } from "./variants";
import { WORDS } from "./words";
import styles from "./Compare.module.css";

interface Props {
  /** Its letter. */
  name: string;
  prompt: StoredPrompt;
  column: Column;
  /** Whether it has run. */
  latest: Run | undefined;
  /** What it has written by now. */
  progress: Progress;
  /** In what it is better than the others. */
  best: Record<Figure, boolean>;
  blocked: string | null;
  onChange: (what: Partial<Variant>) => void;
  onText: () => void;
  onRun: () => void;
  onStop: () => void;
  /** Null where there is no room for another. */
  onDuplicate: (() => void) | null;
  /** Null where it is the last. */
  onRemove: (() => void) | null;
  onUse: () => void;
}

/** One variant: what is run, and what came of it. */
export function ColumnPanel(props: Props) {
  const { name, latest, best } = props;
  return (
    <section className={`panel ${styles.column}`} aria-label={`Variant ${name}`}>
      <Head {...props} />
      <Settings {...props} />
      <div className={styles.outcome}>
        <Actions {...props} />
        {latest ? (
          <Outcome progress={props.progress} id={String(props.column.variant.id)} name={name} best={best} />
        ) : (
          <p className="quiet">{props.column.blocked ?? WORDS.nothing}</p>
        )}
      </div>
    </section>
  );
}

function Head({ name, prompt, column: { variant }, onChange, onDuplicate, onRemove }: Props) {
  return (
    <header className={styles.head}>
      <span className={styles.letter} aria-hidden>
        {name}
      </span>
      <NativeSelect
        aria-label={`Text of ${name}`}
        data={sources(prompt, variant.of)}
        value={variant.of}
        onChange={(event) => onChange({ of: event.currentTarget.value })}
        style={{ flex: 1, minWidth: 0 }}
      />
      <span className="row tight" style={{ gap: 0 }}>
        <ActionIcon
          aria-label={`Duplicate ${name}`}
          data-hint={onDuplicate ? `Duplicate ${name}` : WORDS.full}
          disabled={onDuplicate === null}
          onClick={() => onDuplicate?.()}
        >
          <IconCopyPlus size={15} />
        </ActionIcon>
        <ActionIcon
          aria-label={`Remove ${name}`}
          data-hint={`Remove ${name}`}
          disabled={onRemove === null}
          onClick={() => onRemove?.()}
        >
          <IconTrash size={15} />
        </ActionIcon>
      </span>
    </header>
  );
}

function Settings({ name, column: { variant, says, model, suggested }, onChange, onText }: Props) {
  const said = says?.messages ?? [
    ...(says?.system ? [{ id: 0, role: "system", content: says.system }] : []),
    ...(says ? [{ id: 1, role: "user", content: says.template }] : []),
  ];
  return (
    <div className={styles.settings}>
      <details>
        <summary>
          <IconChevronRight size={14} aria-hidden />
          <span className="quiet">Model</span>
          <span className="cut">{[model.provider, model.name].join(" ")}</span>
        </summary>
        <ModelBar
          key={variant.of}
          model={model}
          change={(to) => onChange({ model: chosen(to, suggested) })}
        />
      </details>
      <details>
        <summary>
          <IconChevronRight size={14} aria-hidden />
          <span className="quiet">Text</span>
          <span className="cut">{said.at(-1)?.content.trim().split("\n")[0] ?? "…"}</span>
        </summary>
        <div className={styles.said}>
          {said.map(({ id, role, content }) => (
            <div key={id}>
              <span className="quiet small">{role}</span>
              <Code text={content} what={`${role} of ${name}`} wrap height={220} />
            </div>
          ))}
          <Button
            variant="default"
            disabled={says === null}
            leftSection={<IconPencil size={14} aria-hidden />}
            aria-label={`Edit the text of ${name}`}
            onClick={onText}
          >
            Edit
          </Button>
        </div>
      </details>
    </div>
  );
}

function Actions({ name, latest, column: { says }, blocked, onRun, onStop, onUse }: Props) {
  return (
    <div className="spread">
      {latest ? <RunState run={latest} /> : <span />}
      <span className="row tight">
        <Button
          variant="default"
          disabled={says === null}
          aria-label={`Use this: ${name}`}
          title="Write on with this text and this model"
          onClick={onUse}
        >
          Use this
        </Button>
        {latest?.state === "running" ? (
          <ActionIcon
            variant="default"
            size={30}
            aria-label={`Stop ${name}`}
            title={WORDS.stopOne}
            onClick={onStop}
          >
            <IconPlayerStopFilled size={14} />
          </ActionIcon>
        ) : (
          <ActionIcon
            variant="default"
            size={30}
            disabled={blocked !== null}
            aria-label={`Run ${name} alone`}
            title={blocked ?? "Run this one alone"}
            onClick={onRun}
          >
            <IconPlayerPlayFilled size={14} />
          </ActionIcon>
        )}
      </span>
    </div>
  );
}

interface OutcomeProps extends Pick<Props, "progress" | "name" | "best"> {
  id: string;
}

function Outcome({ progress, id, name, best }: OutcomeProps) {
  const run = useRun(progress, id) ?? BEGUN;
  return (
    <>
      <RunTrouble run={run} />
      {run.text !== "" || run.state === "done" ? (
        <Code text={run.text} what={`answer of ${name}`} wrap />
      ) : null}
      <Figures run={run} best={best} />
      {run.result ? <CallLink result={run.result} /> : null}
    </>
  );
}

function Figures({ run, best }: { run: Run; best: Record<Figure, boolean> }) {
  const shown: Record<Figure, ReactNode> = {
    first: span(run.first),
    total: span(run.took),
    tokens: run.result ? tokensOf(run.result) : "–",
    cost: <Cost result={run.result} />,
  };
  return (
    <dl className={styles.figures}>
      {FIGURES.map((name) => (
        <div key={name} data-best={best[name]}>
          <dt>{WORDS.figures[name]}</dt>
          <dd>
            {shown[name]}
            {best[name] ? (
              <span className={styles.best}>
                <IconTrophy size={13} aria-hidden /> {WORDS.best}
              </span>
            ) : null}
          </dd>
        </div>
      ))}
    </dl>
  );
}
