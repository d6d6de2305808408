import { replaceEqualDeep } from "@tanstack/react-query";
import { useState } from "react";
import type { Finding } from "../../api/types";
import { isObject, type Json } from "../patch";
import { General } from "./General";
import { Cache, Callers, Deploy, Limits } from "./Guards";
import { Model } from "./Model";
import { Prompt } from "./Prompt";
import { Request } from "./Request";
import { Response } from "./Response";
import { undeclared } from "./rules";
import { Tests } from "./Tests";
import { Tools } from "./Tools";
import { FindingsContext, FormContext, type FormActions } from "./useForm";
import styles from "./Form.module.css";

interface Props {
  doc: Json;
  findings: readonly Finding[];
  actions: FormActions;
  /** Whether it is saved under its name. */
  named: boolean;
  onUndo: () => void;
  onRedo: () => void;
}

/** A definition, all of it, as a form. What it says is the text's; each edit goes there. */
export function Form({ doc, findings, actions, named, onUndo, onRedo }: Props) {
  const found = useShared(findings);
  const missing = useShared(undeclared(doc, findings));
  const said = isObject(doc) ? doc : {};
  return (
    <FormContext value={actions}>
      <FindingsContext value={found}>
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys of the inputs in it */}
        <form
          className={styles.form}
          aria-label="The definition as a form"
          onSubmit={(event) => event.preventDefault()}
          onKeyDown={(event) => {
            const step = historyStep(event);
            if (step === null) return;
            event.preventDefault();
            (step === "undo" ? onUndo : onRedo)();
          }}
        >
          {actions.locked === null ? null : (
            <p className={styles.locked} role="status">
              {actions.locked}
            </p>
          )}
          <General name={said["name"]} description={said["description"]} log={said["log"]} named={named} />
          <Prompt prompt={said["prompt"]} />
          <Request request={said["request"]} missing={missing} />
          <Model model={said["model"]} />
          <Response response={said["response"]} />
          <Callers auth={said["auth"]} cors={said["cors"]} />
          <Limits limits={said["limits"]} />
          <Cache cache={said["cache"]} />
          <Deploy deploy={said["deploy"]} />
          <Tests tests={said["tests"]} request={said["request"]} />
          <Tools tools={said["tools"]} />
        </form>
      </FindingsContext>
    </FormContext>
  );
}

/** Undo and redo are the text's, so that they hold for form and text alike. */
function historyStep(event: Pick<KeyboardEvent, "key" | "metaKey" | "ctrlKey" | "shiftKey" | "altKey">) {
  if (!(event.metaKey || event.ctrlKey) || event.altKey) return null;
  const key = event.key.toLowerCase();
  if (key === "z") return event.shiftKey ? "redo" : "undo";
  return key === "y" && !event.shiftKey ? "redo" : null;
}

/** The same object for as long as it says the same: what has not changed is not drawn again. */
function useShared<T>(value: T): T {
  const [kept, keep] = useState(value);
  const shared = replaceEqualDeep(kept, value);
  if (shared !== kept) keep(shared);
  return shared;
}
