import { lazy, Suspense, useState } from "react";
import type { StoredPrompt } from "../../api/types";
import { toRequest } from "../../endpoints/trial";
import { asRun, expected, type Written } from "../content";
import type { Edit } from "../useEdit";
import { useHistory } from "../history/useHistory";
import { useRuns } from "../useRuns";
import { useRunKey } from "../useStudioKeys";
import { Values } from "../Values";
import type { Run } from "../run";
import { ColumnPanel } from "./ColumnPanel";
import { CompareBar } from "./CompareBar";
import type { Answer } from "./Difference";
import { TextDialog } from "./TextDialog";
import { useColumns, type Column } from "./useColumns";
import { useCompare } from "./useCompare";
import { best, DRAFT, letter, MOST, OWN, toRun } from "./variants";
import styles from "./Compare.module.css";

// Few look at it, and it brings an algorithm.
const Difference = lazy(() => import("./Difference").then(({ Difference }) => ({ default: Difference })));

interface Props {
  prompt: StoredPrompt;
  edit: Edit;
  samples: Record<string, unknown>;
  /** Where this browser keeps what it knows of the prompt. */
  place: string;
  /** Why nobody can run anything now; null where they can. */
  cannotRun: string | null;
}

/** Texts and models side by side, run at once. */
export function Compare({ prompt, edit, samples, place, cannotRun }: Props) {
  const { variants, own, write, put, add, duplicate, remove } = useCompare(prompt, `${place}/compare`);
  const remember = useHistory(place);
  const columns = useColumns(variants, { prompt, draft: edit.now, own, samples });
  const { runs, progress, start, stop } = useRuns();
  const [edited, setEdited] = useState<number | null>(null);
  const [differs, setDiffers] = useState(false);
  const fields = Object.assign({}, ...columns.map(({ fields }) => fields)) as Column["fields"];
  const asked = toRequest(fields, edit.now.values);
  const unread = "errors" in asked ? "A value cannot be read." : null;
  const hindered = columns.find(({ blocked }) => blocked !== null);
  const blocked =
    cannotRun ??
    unread ??
    (hindered ? `${letter(columns.indexOf(hindered))}: ${hindered.blocked ?? ""}` : null);

  const { saved, version } = edit.begun;
  const run = (some: readonly Column[]) => {
    if (!("request" in asked)) return;
    for (const { variant, says, model } of some) {
      const text = asRun(prompt.name, says ?? edit.now, saved, version);
      const asRequest = { variant: toRun(prompt.name, variant, text, model), values: asked.request };
      start(String(variant.id), asRequest, (call) => {
        if (says) remember(call, { ...says, model, values: edit.now.values });
      });
    }
  };
  const runAll = () => {
    if (blocked === null) run(columns);
  };
  useRunKey(runAll);

  /** What is kept is not written over: a text of its own begins with what it says. */
  const beginText = ({ variant: { id, of }, says }: Column) => {
    if (of !== DRAFT && of !== OWN && says) write(id, says);
    setEdited(id);
  };
  const shown = columns.map(({ variant: { id } }) => runs[String(id)]);
  const marks = best(shown);
  const open = columns.find(({ variant: { id } }) => id === edited);
  const type = (text: Written) => {
    if (open?.variant.of === DRAFT) edit.change(text);
    else if (open) write(open.variant.id, text);
  };

  return (
    <div className="stack">
      <section className="panel" aria-label="Comparison">
        <CompareBar
          blocked={blocked}
          going={shown.some((one) => one?.state === "running")}
          onRun={runAll}
          onStop={() => stop()}
          onAdd={variants.length < MOST ? add : null}
          differs={differs}
          onDiffer={setDiffers}
        />
        <Values
          fields={columns.some(({ checked }) => checked) ? fields : expected(prompt.variables, samples)}
          values={edit.now.values}
          change={(values) => edit.change({ ...edit.now, values })}
        />
      </section>
      {/* Where the columns have no room, keys scroll them, too. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={styles.columns} role="group" aria-label="Variants" tabIndex={0}>
        {columns.map((column, index) => {
          const { id } = column.variant;
          return (
            <ColumnPanel
              key={id}
              name={letter(index)}
              prompt={prompt}
              column={column}
              latest={shown[index]}
              progress={progress}
              best={{
                first: marks.first[index] === true,
                total: marks.total[index] === true,
                tokens: marks.tokens[index] === true,
                cost: marks.cost[index] === true,
              }}
              blocked={cannotRun ?? unread ?? column.blocked}
              onChange={(what) => put(id, what)}
              onText={() => beginText(column)}
              onRun={() => run([column])}
              onStop={() => stop(String(id))}
              onDuplicate={variants.length < MOST ? () => duplicate(id) : null}
              onRemove={variants.length > 1 ? () => remove(id) : null}
              onUse={() => {
                const { says, model } = column;
                if (says)
                  edit.open(
                    { ...says, model, values: edit.now.values },
                    `${letter(index)} is what you write now.`,
                  );
              }}
            />
          );
        })}
      </div>
      <Suspense>{differs ? <Difference answers={answers(columns, shown)} /> : null}</Suspense>
      <TextDialog
        name={open ? letter(columns.indexOf(open)) : ""}
        now={open?.says ?? null}
        samples={samples}
        onType={type}
        onClose={() => setEdited(null)}
      />
    </div>
  );
}

/** The answers that nothing more comes to. */
const answers = (columns: readonly Column[], shown: readonly (Run | undefined)[]): Answer[] =>
  columns.flatMap(({ variant: { id } }, index) => {
    const run = shown[index];
    return run && run.state !== "running" && run.text !== ""
      ? [{ id, letter: letter(index), text: run.text }]
      : [];
  });
