import { Button, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { lazy, memo, Suspense, useMemo, useState } from "react";
import type { ModelRef, StoredPrompt } from "../api/types";
import { hasErrors } from "../designer/findings";
import { toRequest, type Texts } from "../endpoints/trial";
import { useWritable } from "../organization/useWritable";
import { Failure } from "../ui/Failure";
import { useStable } from "../ui/useStable";
import { asRun, contentOf, expected, fieldsOf, textsOf, type Written } from "./content";
import { useHistory } from "./history/useHistory";
import { RunEstimate } from "./model/RunEstimate";
import { ModelBar } from "./model/ModelBar";
import { keyMissing } from "./model/estimate";
import { useKeyless } from "./model/useModel";
import { RunPanel } from "./RunPanel";
import { TextsPanel } from "./TextsPanel";
import type { Edit, Seed } from "./useEdit";
import { useRuns } from "./useRuns";
import { useRunKey, useSaveKey } from "./useStudioKeys";
import { useTexts } from "./useTexts";
import { Values } from "./Values";
import styles from "./Studio.module.css";

const StaleDialog = lazy(() => import("./StaleDialog").then(({ StaleDialog }) => ({ default: StaleDialog })));

interface Props {
  prompt: StoredPrompt;
  /** Where this browser keeps what it knows of the prompt. */
  place: string;
  edit: Edit;
  samples: Record<string, unknown>;
  /** The version that the text is of, and whether that is the newest. */
  opened: number;
  isNewest: boolean;
  /** What is there now. */
  latest: Seed;
  /** Why nobody can run anything now; null where they can. */
  cannotRun: string | null;
}

/** What the page runs under. */
const HERE = "here";

/** A prompt, written, tried and saved. */
export function Write({ prompt, place, edit, samples, opened, isNewest, latest, cannotRun }: Props) {
  const { name } = prompt;
  const remember = useHistory(place);
  const check = useTexts(textsOf(edit.now), samples);
  const { checked } = check;
  const fields = useMemo(() => (checked ? fieldsOf(checked) : {}), [checked]);
  const shown = useMemo(
    () => (checked ? fields : expected(prompt.variables, samples)),
    [checked, fields, prompt.variables, samples],
  );
  const asked = toRequest(fields, edit.now.values);
  const cannotSave = useWritable("PATCH /api/prompts/{name}");
  const runs = useRuns();
  const flawed = checked !== null && check.current && hasErrors(checked.findings);
  const without = useKeyless();
  const blocked = cannotRun ?? whyNot(edit.now, flawed, asked) ?? keyMissing(edit.now.model, without);
  const run = () => {
    if (blocked !== null || !("request" in asked)) return;
    const { now, begun } = edit;
    const prompt = asRun(name, now, begun.saved, begun.version);
    runs.start(HERE, { variant: { prompt, model: now.model }, values: asked.request }, (call) =>
      remember(call, now),
    );
  };
  const content = contentOf(edit.now, fields);
  const savable = (edit.changed || !isNewest) && check.current && !flawed && cannotSave === null;
  const [message, setMessage] = useState("");
  const navigate = useNavigate({ from: "/prompts/$name" });
  const save = () => {
    if (!savable) return;
    // What else was changed of the prompt, such as its description, is nothing that a text could overwrite.
    const seen = latest.base === edit.begun.base ? latest.etag : edit.begun.etag;
    void edit.save(content, message, seen).then((done) => {
      if (!done) return;
      setMessage("");
      // What was opened was an older one: the newest says it now.
      if (!isNewest) void navigate({ search: {}, replace: true });
    });
  };
  const changeModel = useStable((model: ModelRef) => edit.change({ ...edit.now, model }));
  const changeValues = useStable((values: Texts) => edit.change({ ...edit.now, values }));
  useRunKey(run);
  useSaveKey(save);

  return (
    <div className={styles.studio}>
      <div className="stack">
        <TextsPanel key={edit.begun.round} now={edit.now} change={edit.change} check={check} />
        <SaveForm
          message={message}
          onMessage={setMessage}
          next={Math.max(edit.begun.base, prompt.version) + 1}
          savable={savable}
          busy={edit.busy}
          blocked={cannotSave}
          changedFrom={edit.changed ? opened : null}
          onSave={useStable(save)}
        />
        <Failure error={edit.error} />
      </div>
      <div className="stack">
        <section className="panel" aria-label="Model and values">
          <ModelBar key={edit.begun.round} model={edit.now.model} change={changeModel} />
          <Values fields={shown} values={edit.now.values} change={changeValues} />
        </section>
        <RunPanel
          id={HERE}
          runs={runs}
          run={run}
          blocked={blocked}
          estimate={
            <RunEstimate
              model={edit.now.model}
              texts={textsOf(edit.now)}
              values={"request" in asked ? asked.request : {}}
            />
          }
        />
      </div>
      {edit.clash ? (
        <Suspense>
          <StaleDialog name={prompt.name} edit={edit} content={content} message={message} />
        </Suspense>
      ) : null}
    </div>
  );
}

interface SaveProps {
  /** Why it is saved. */
  message: string;
  onMessage: (message: string) => void;
  /** The version that it would be. */
  next: number;
  savable: boolean;
  busy: boolean;
  /** Why nobody can save anything now; null where they can. */
  blocked: string | null;
  /** The version that was changed; null where nothing was. */
  changedFrom: number | null;
  onSave: () => void;
}

const SaveForm = memo(function SaveForm(props: SaveProps) {
  const { message, onMessage, next, savable, busy, blocked, changedFrom, onSave } = props;
  return (
    <form
      className={styles.save}
      onSubmit={(event) => {
        event.preventDefault();
        onSave();
      }}
    >
      <TextInput
        aria-label="Why, for the history"
        placeholder="Why, for the history; may be left out"
        value={message}
        maxLength={200}
        onChange={(event) => onMessage(event.currentTarget.value)}
      />
      <Button type="submit" loading={busy} disabled={!savable} title={blocked ?? ""}>
        Save as v{next}
      </Button>
      <kbd>⌘ S</kbd>
      <span className="quiet small">
        {changedFrom === null ? "No change" : `Changed from v${changedFrom}, kept in this browser`}
      </span>
    </form>
  );
});

/** Why the texts cannot be run as they are; null where they can. */
function whyNot(now: Written, flawed: boolean, asked: ReturnType<typeof toRequest>): string | null {
  if (flawed) return "There are errors to mend in the prompt first.";
  if (now.model.name.trim() === "") return "Which model shall run it?";
  return "errors" in asked ? "A value cannot be read." : null;
}
