import type { Field } from "../api/types";
import { Input } from "../endpoints/Input";
import { toRequest } from "../endpoints/trial";
import type { Written } from "./content";
import styles from "./Studio.module.css";

interface Props {
  fields: Record<string, Field>;
  now: Written;
  change: (to: Written) => void;
}

/** A form of what texts ask for; nothing where they ask for nothing. */
export function Values({ fields, now, change }: Props) {
  const names = Object.entries(fields);
  if (names.length === 0) return null;
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
