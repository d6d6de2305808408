import { Button } from "@mantine/core";
import { IconPlayerPlayFilled, IconPlayerStopFilled, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import type { StoredPrompt } from "../../api/types";
import { toRequest } from "../../endpoints/trial";
import { asRun, type Written } from "../content";
import type { Edit } from "../useEdit";
import { useHistory } from "../history/useHistory";
import { useRuns } from "../useRuns";
import { useRunKey } from "../useStudioKeys";
import { Values } from "../Values";
import { ColumnPanel } from "./ColumnPanel";
import { TextDialog } from "./TextDialog";
import { useColumns, type Column } from "./useColumns";
import { useCompare } from "./useCompare";
import { added, best, DRAFT, duplicated, letter, MOST, OWN, removed, toRun, type Variant } from "./variants";
import { WORDS } from "./words";
import styles from "./Compare.module.css";

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
  const { variants, change, own, write } = useCompare(prompt, `${place}/compare`);
  const remember = useHistory(place);
  const columns = useColumns(variants, { prompt, draft: edit.now, own, samples });
  const { runs, start, stop } = useRuns();
  const [edited, setEdited] = useState<number | null>(null);
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
    start(
      {
        variants: some.map(({ variant, says, model }) =>
          toRun(prompt.name, variant, asRun(prompt.name, says ?? edit.now, saved, version), model),
        ),
        values: asked.request,
      },
      some.map(({ variant }) => String(variant.id)),
      (id, call) => {
        const one = some.find(({ variant }) => String(variant.id) === id);
        if (one?.says) remember(call, { ...one.says, model: one.model, values: edit.now.values });
      },
    );
  };
  const runAll = () => {
    if (blocked === null) run(columns);
  };
  useRunKey(runAll);

  const put = (id: number, what: Partial<Variant>) =>
    change(variants.map((variant) => (variant.id === id ? { ...variant, ...what } : variant)));
  const duplicate = ({ variant: { id, of } }: Column) => {
    const next = duplicated(variants, id);
    const copy = next[next.findIndex((variant) => variant.id === id) + 1];
    const text = own[id];
    if (of === OWN && copy && text) write(copy.id, text);
    change(next);
  };
  /** What is kept is not written over: a text of its own begins with what it says. */
  const beginText = ({ variant: { id, of }, says }: Column) => {
    if (of !== DRAFT && of !== OWN && says) {
      write(id, says);
      put(id, { of: OWN });
    }
    setEdited(id);
  };
  const shown = columns.map(({ variant: { id } }) => runs[String(id)]);
  const going = shown.some((one) => one?.state === "running");
  const marks = best(shown);
  const open = columns.find(({ variant: { id } }) => id === edited);
  const type = (text: Written) => {
    if (open?.variant.of === DRAFT) edit.change(text);
    else if (open) write(open.variant.id, text);
  };

  return (
    <div className="stack">
      <section className="panel" aria-label="Comparison">
        <header className={styles.bar}>
          <p className="quiet small">{blocked ?? WORDS.about}</p>
          <span className="row">
            <Button
              variant="default"
              leftSection={<IconPlus size={14} aria-hidden />}
              disabled={variants.length >= MOST}
              title={variants.length >= MOST ? WORDS.full : ""}
              onClick={() => change(added(variants))}
            >
              {WORDS.add}
            </Button>
            <kbd>⌘ ↵</kbd>
            {going ? (
              <Button
                variant="default"
                leftSection={<IconPlayerStopFilled size={14} aria-hidden />}
                onClick={() => stop()}
              >
                {WORDS.stop}
              </Button>
            ) : (
              <Button
                disabled={blocked !== null}
                title={blocked ?? ""}
                leftSection={<IconPlayerPlayFilled size={14} aria-hidden />}
                onClick={runAll}
              >
                {WORDS.run}
              </Button>
            )}
          </span>
        </header>
        <Values fields={fields} now={edit.now} change={edit.change} />
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
              onDuplicate={variants.length < MOST ? () => duplicate(column) : null}
              onRemove={variants.length > 1 ? () => change(removed(variants, id)) : null}
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
