import { Button, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useEffectEvent, useState } from "react";
import type { Field, StoredPrompt } from "../api/types";
import { hasErrors } from "../designer/findings";
import { Input } from "../endpoints/Input";
import { toRequest } from "../endpoints/trial";
import { useWritable } from "../organization/useWritable";
import { Ago } from "../ui/Ago";
import { Failure } from "../ui/Failure";
import { contentOf, fieldsOf, textsOf, type Written } from "./content";
import { ModelBar } from "./ModelBar";
import { RunPanel } from "./RunPanel";
import { TextsPanel } from "./TextsPanel";
import { useEdit, type Edit, type Seed } from "./useEdit";
import { useRun } from "./useRun";
import { useTexts, type TextsCheck } from "./useTexts";
import styles from "./Studio.module.css";

const StaleDialog = lazy(() => import("./StaleDialog").then(({ StaleDialog }) => ({ default: StaleDialog })));

interface Props {
  /** As it is on the server now. */
  prompt: StoredPrompt;
  seed: Seed;
  /** The version that the text is of. */
  opened: number;
  /** Where drafts are kept. */
  slot: string;
  /** What is there now, to begin with anew. */
  latest: Seed;
}

/** A prompt, written and tried. */
export function Studio({ prompt, seed, opened, slot, latest }: Props) {
  const isNewest = opened === seed.base;
  const edit = useEdit(prompt.name, slot, seed, isNewest);
  const [samples] = useState(seed.content.values ?? {});
  const check = useTexts(textsOf(edit.now), samples);
  const fields = check.checked ? fieldsOf(check.checked) : {};
  const asked = toRequest(fields, edit.now.values);
  const cannotSave = useWritable("PATCH /api/prompts/{name}");
  const cannotRun = useWritable("POST /api/llm/execute");
  const running = useRun();
  const flawed = check.checked !== null && check.current && hasErrors(check.checked.findings);
  const blocked = cannotRun ?? whyNot(edit.now, flawed, asked);
  const run = () => {
    if (blocked !== null || !("request" in asked)) return;
    running.start({
      variants: [{ prompt: textsOf(edit.now), model: edit.now.model }],
      values: asked.request,
    });
  };
  const content = contentOf(edit.now, fields);
  const savable = (edit.changed || !isNewest) && check.current && !flawed && cannotSave === null;
  const [message, setMessage] = useState("");
  const navigate = useNavigate({ from: "/prompts/$name" });
  const save = () => {
    if (!savable) return;
    void edit.save(content, message).then((done) => {
      if (!done) return;
      setMessage("");
      // What was opened was an older one: the newest says it now.
      if (!isNewest) void navigate({ search: {}, replace: true });
    });
  };
  useStudioKeys({ run, save });

  return (
    <div className="stack">
      <Notes edit={edit} prompt={prompt} opened={opened} latest={latest} />
      <div className={styles.studio}>
        <div className="stack">
          <TextsPanel key={edit.begun.round} now={edit.now} change={edit.change} check={check} />
          <form
            className={styles.save}
            onSubmit={(event) => {
              event.preventDefault();
              save();
            }}
          >
            <TextInput
              aria-label="Why, for the history"
              placeholder="Why, for the history; may be left out"
              value={message}
              maxLength={200}
              onChange={(event) => setMessage(event.currentTarget.value)}
            />
            <Button type="submit" loading={edit.busy} disabled={!savable} title={cannotSave ?? ""}>
              Save as v{Math.max(edit.begun.base, prompt.version) + 1}
            </Button>
            <kbd>⌘ S</kbd>
            <span className="quiet small">
              {edit.changed ? `Changed from v${opened}, kept in this browser` : "No change"}
            </span>
          </form>
          <Failure error={edit.error} />
        </div>
        <div className="stack">
          <section className="panel" aria-label="Model and values">
            <ModelBar
              key={edit.begun.round}
              model={edit.now.model}
              change={(model) => edit.change({ ...edit.now, model })}
            />
            <Values check={check} fields={fields} now={edit.now} change={edit.change} />
          </section>
          <RunPanel running={running} run={run} blocked={blocked} />
        </div>
      </div>
      {edit.clash ? (
        <Suspense>
          <StaleDialog name={prompt.name} edit={edit} content={content} message={message} />
        </Suspense>
      ) : null}
    </div>
  );
}

/** Why the texts cannot be run as they are; null where they can. */
function whyNot(now: Written, flawed: boolean, asked: ReturnType<typeof toRequest>): string | null {
  if (flawed) return "There are errors to mend in the prompt first.";
  if (now.model.name.trim() === "") return "Which model shall run it?";
  return "errors" in asked ? "A value cannot be read." : null;
}

interface ValuesProps {
  check: TextsCheck;
  fields: Record<string, Field>;
  now: Written;
  change: (to: Written) => void;
}

/** A form of what the texts ask for; nothing where they ask for nothing. */
function Values({ check, fields, now, change }: ValuesProps) {
  const names = Object.entries(fields);
  if (!check.checked || names.length === 0) return null;
  const asked = toRequest(fields, now.values);
  const errors = "errors" in asked ? asked.errors : {};
  return (
    <div className={styles.values} role="group" aria-label="Values">
      {names.map(([name, field]) => (
        <Input
          key={name}
          name={name}
          field={{ ...field, optional: true }}
          text={now.values[name] ?? ""}
          error={errors[name]}
          onChange={(text) => change({ ...now, values: { ...now.values, [name]: text } })}
        />
      ))}
    </div>
  );
}

interface NotesProps {
  edit: Edit;
  prompt: StoredPrompt;
  opened: number;
  latest: Seed;
}

function Notes({ edit, prompt, opened, latest }: NotesProps) {
  const { restored, base } = edit.begun;
  return (
    <>
      {restored !== null ? (
        <p className={styles.note} role="status">
          <span>
            What you typed <Ago time={new Date(restored).toISOString()} /> is here again; it is not saved.
          </span>
          <Button variant="default" onClick={() => edit.restart(latest)}>
            Go back to v{prompt.version}
          </Button>
        </p>
      ) : null}
      {opened < base ? (
        <p className={styles.note} role="status">
          This is version {opened}. Saving it makes a new version; version {prompt.version} is the newest.
        </p>
      ) : null}
      {prompt.version > base ? (
        <p className={styles.note} role="status">
          <span>
            Version {prompt.version} was saved {prompt.by ? `by ${prompt.by} ` : ""}in the meantime.
          </span>
          <Button variant="default" onClick={() => edit.restart(latest)}>
            Look at it{edit.changed ? " and drop mine" : ""}
          </Button>
        </p>
      ) : null}
    </>
  );
}

/** ⌘↵ and ⌘S, from wherever on the page. */
function useStudioKeys({ run, save }: { run: () => void; save: () => void }): void {
  const act = useEffectEvent((key: string) => {
    if (document.querySelector("[aria-modal='true']")) return;
    if (key === "enter") run();
    else save();
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const key = event.key.toLowerCase();
      if (!(event.metaKey || event.ctrlKey) || (key !== "enter" && key !== "s")) return;
      event.preventDefault();
      act(key);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}
