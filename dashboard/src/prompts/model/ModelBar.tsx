import { NativeSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { memo, useId, useState } from "react";
import type { ModelRef } from "../../api/types";
import { KEYED } from "../../settings/rules";
import { SANDBOX, withNumber } from "../content";
import { prompts } from "../queries";
import { priceWords } from "./estimate";
import { useKeyless, useModel } from "./useModel";
import styles from "../Studio.module.css";

interface Props {
  model: ModelRef;
  change: (to: ModelRef) => void;
}

/** Which model runs the prompt, and how. What else a version says of it stays. */
export const ModelBar = memo(function ModelBar({ model, change }: Props) {
  const without = useKeyless();
  const names = useId();
  // Models that the library's prompts are written for.
  const library = useQuery(prompts.library(false));
  const known = (library.data?.items ?? []).flatMap(({ content }) =>
    content.model?.provider === model.provider ? [content.model.name] : [],
  );
  return (
    <div className={styles.model}>
      <div className={styles.inputs}>
        <NativeSelect
          label="Provider"
          data={["sandbox", ...KEYED].map((provider) => ({
            value: provider,
            label: without.has(provider) ? `${provider} (no key)` : provider,
            disabled: without.has(provider) && provider !== model.provider,
          }))}
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
          list={names}
          error={model.name.trim() === "" ? "Which one?" : null}
          onChange={(event) => change({ ...model, name: event.currentTarget.value })}
        />
        <NumberInput label="Longest answer" name="max_tokens" placeholder="tokens" {...{ model, change }} />
        <NumberInput label="Temperature" name="temperature" placeholder="usual" {...{ model, change }} />
        <datalist id={names}>
          {[...new Set(known)].map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </div>
      <Facts model={model} without={without} />
    </div>
  );
});

/** What the server knows of it, and where a key is missing. */
function Facts({ model, without }: { model: ModelRef; without: ReadonlySet<string> }) {
  const known = useModel(model);
  const planned = known?.planned;
  const findings = known?.findings ?? [];
  return (
    <div className={styles.known}>
      {planned ? (
        <span className="quiet">
          {priceWords(planned)}
          {planned.holds_to_schema ? " · holds answers to a JSON Schema" : ""}
        </span>
      ) : null}
      {without.has(model.provider) ? (
        <span>
          No key of {model.provider} is stored here. <Link to="/providers">Add a key</Link>
        </span>
      ) : without.size > 0 ? (
        <span className="quiet">
          Providers without a key are grey. <Link to="/providers">Add a key</Link>
        </span>
      ) : null}
      {findings.map(({ code, severity, message, hint }) => (
        <span key={`${code} ${message}`} data-severity={severity}>
          {message}
          {hint ? `: ${hint}` : ""}
        </span>
      ))}
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
