import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import type { ModelRef } from "../api/types";
import { KEYED } from "../settings/rules";
import { SANDBOX, withNumber } from "./content";
import styles from "./Studio.module.css";

interface Props {
  model: ModelRef;
  change: (to: ModelRef) => void;
}

/** Which model runs the prompt, and how. What else a version says of it stays. */
export function ModelBar({ model, change }: Props) {
  return (
    <div className={styles.model}>
      <div className={styles.inputs}>
        <NativeSelect
          label="Provider"
          data={["sandbox", ...KEYED]}
          value={model.provider}
          onChange={(event) => {
            const provider = event.currentTarget.value as ModelRef["provider"];
            change(provider === "sandbox" ? SANDBOX : { ...model, provider, name: "" });
          }}
        />
        <TextInput
          label="Model"
          value={model.name}
          spellCheck={false}
          autoComplete="off"
          error={model.name.trim() === "" ? "Which one?" : null}
          onChange={(event) => change({ ...model, name: event.currentTarget.value })}
        />
        <NumberInput label="Longest answer" name="max_tokens" placeholder="tokens" {...{ model, change }} />
        <NumberInput label="Temperature" name="temperature" placeholder="usual" {...{ model, change }} />
      </div>
    </div>
  );
}

interface NumberProps extends Props {
  label: string;
  name: "max_tokens" | "temperature";
  placeholder: string;
}

function NumberInput({ label, name, placeholder, model, change }: NumberProps) {
  // What cannot be read as a number yet, such as `0.`, stays as it is typed.
  const [text, setText] = useState(model[name]?.toString() ?? "");
  const isOurs = withNumber(model, name, text)[name] === (model[name] ?? undefined);
  return (
    <TextInput
      label={label}
      inputMode="decimal"
      placeholder={placeholder}
      value={isOurs ? text : (model[name]?.toString() ?? "")}
      error={Number.isNaN(Number(text.trim())) && isOurs ? "No number" : null}
      onChange={(event) => {
        setText(event.currentTarget.value);
        change(withNumber(model, name, event.currentTarget.value));
      }}
    />
  );
}
