import { memo } from "react";
import type { Field } from "../api/types";
import { Input } from "../endpoints/Input";
import { toRequest, type Texts } from "../endpoints/trial";
import styles from "./Studio.module.css";

interface Props {
  fields: Record<string, Field>;
  values: Texts;
  change: (to: Texts) => void;
}

/** A form of what texts ask for; nothing where they ask for nothing. */
export const Values = memo(function Values({ fields, values, change }: Props) {
  const names = Object.entries(fields);
  if (names.length === 0) return null;
  const asked = toRequest(fields, values);
  const errors = "errors" in asked ? asked.errors : {};
  return (
    <div className={styles.values} role="group" aria-label="Values">
      {names.map(([name, field]) => (
        <Input
          key={name}
          name={name}
          field={{ ...field, optional: true }}
          text={values[name] ?? ""}
          error={errors[name]}
          onChange={(text) => change({ ...values, [name]: text })}
        />
      ))}
    </div>
  );
});
