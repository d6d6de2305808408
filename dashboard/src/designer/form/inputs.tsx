import { NativeSelect, Switch, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { isUnder, type Json } from "../patch";
import { fixOf } from "../findings";
import { lines, needed, number, text, type Codec } from "./codec";
import { about, said } from "./rules";
import { idOf, useFindings, useForm, useSet } from "./useForm";
import { Area } from "../../ui/Area";
import styles from "./Form.module.css";

interface Common {
  pointer: string;
  label: string;
  value: Json | undefined;
  description?: ReactNode;
  placeholder?: string;
}

/** Beneath, so that inputs beside one another stand in a line. */
export const ORDER: ("label" | "input" | "description" | "error")[] = [
  "label",
  "input",
  "description",
  "error",
];

/** What every input of the form has: its id, its findings, whether it is locked. */
function useInput({ pointer, label, description, placeholder }: Common) {
  const { locked } = useForm();
  const findings = useFindings().filter((finding) => isUnder(finding.pointer, pointer));
  const errors = findings.filter(({ severity }) => severity === "error");
  const warning = findings.find(({ severity }) => severity === "warning");
  return {
    id: idOf(pointer),
    label,
    disabled: locked !== null,
    error: errors.length > 0 ? errors.map(said).join(" ") : undefined,
    description:
      warning && errors.length === 0 ? <span className={styles.warning}>{said(warning)}</span> : description,
    placeholder,
  };
}

/** What was typed, as long as it comes to what the definition says: else the definition's own. */
function useTyped(value: Json | undefined, codec: Codec, set: (value: Json | undefined) => void) {
  const [typed, setTyped] = useState<string | null>(null);
  const parsed = typed === null ? null : codec.parse(typed);
  const wrong = parsed && "error" in parsed ? parsed.error : undefined;
  const holds = parsed && "value" in parsed && JSON.stringify(parsed.value) === JSON.stringify(value);
  return {
    text: typed !== null && (holds || wrong !== undefined) ? typed : codec.show(value),
    wrong,
    type: (next: string) => {
      setTyped(next);
      const meant = codec.parse(next);
      if ("value" in meant) set(meant.value);
    },
  };
}

interface TextProps extends Common {
  codec?: Codec;
  mono?: boolean;
}

export function TextField(props: TextProps) {
  const input = useInput(props);
  const { text: shown, wrong, type } = useTyped(props.value, props.codec ?? text, useSet(props.pointer));
  return (
    <TextInput
      {...input}
      inputWrapperOrder={ORDER}
      error={wrong ?? input.error}
      value={shown}
      onChange={(event) => type(event.currentTarget.value)}
      autoComplete="off"
      spellCheck={false}
      classNames={{ input: props.mono ? (styles.mono ?? "") : "" }}
    />
  );
}

export function NumberField(props: Common) {
  const input = useInput(props);
  const { text: shown, type } = useTyped(props.value, number, useSet(props.pointer));
  return (
    <TextInput
      {...input}
      inputWrapperOrder={ORDER}
      inputMode="decimal"
      value={shown}
      onChange={(event) => type(event.currentTarget.value)}
      autoComplete="off"
    />
  );
}

interface AreaProps extends Common {
  codec?: Codec;
  rows?: number;
}

/** A longer text, such as a template; or a list, an item a line. */
export function AreaField(props: AreaProps) {
  const input = useInput(props);
  const { text: shown, wrong, type } = useTyped(props.value, props.codec ?? needed, useSet(props.pointer));
  return (
    <Area
      {...input}
      inputWrapperOrder={ORDER}
      error={wrong ?? input.error}
      value={shown}
      onChange={(event) => type(event.currentTarget.value)}
      minRows={props.rows ?? 2}
      maxRows={24}
      spellCheck={false}
      classNames={{ input: styles.mono ?? "" }}
    />
  );
}

export const LinesField = (props: AreaProps) => <AreaField codec={lines} {...props} />;

interface ChoiceProps extends Common {
  options: readonly (string | { value: string; label: string })[];
  /** Said where nothing is chosen; without it something is. */
  none?: string;
  onChoose?: (value: string) => void;
}

export function ChoiceField(props: ChoiceProps) {
  const { placeholder: _, ...input } = useInput(props);
  const set = useSet(props.pointer);
  const value = typeof props.value === "string" ? props.value : "";
  const named = props.options.map((option) =>
    typeof option === "string" ? { value: option, label: option } : option,
  );
  // What the file says is shown, though it be no choice.
  const odd =
    value !== "" && !named.some((option) => option.value === value) ? [{ value, label: value }] : [];
  const none = props.none === undefined && value !== "" ? [] : [{ value: "", label: props.none ?? "" }];
  return (
    <NativeSelect
      {...input}
      inputWrapperOrder={ORDER}
      data={[...none, ...named, ...odd]}
      value={value}
      onChange={(event) => {
        const chosen = event.currentTarget.value;
        if (props.onChoose) props.onChoose(chosen);
        else set(chosen === "" ? undefined : chosen);
      }}
    />
  );
}

export function SwitchField(props: Common) {
  const { placeholder: _, ...input } = useInput(props);
  const set = useSet(props.pointer);
  return (
    <Switch
      {...input}
      checked={props.value === true}
      onChange={(event) => set(event.currentTarget.checked ? true : undefined)}
    />
  );
}

/** What was found about a place that is no input, each with its mending where one word does it. */
export function Found({ pointer }: { pointer: string }) {
  const { fix } = useForm();
  const found = about(useFindings(), pointer);
  if (found.length === 0) return null;
  return (
    <ul className={styles.found}>
      {found.map((finding, index) => {
        const word = fixOf(finding);
        return (
          <li key={index} data-severity={finding.severity}>
            {said(finding)}
            {word === null ? null : (
              <button type="button" className={styles.fix} onClick={() => fix(finding)}>
                Write {word}
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
