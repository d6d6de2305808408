import type { ReactNode } from "react";
import { child, type JsonObject } from "../patch";
import type { Codec } from "./codec";
import { ChoiceField, NumberField, TextField } from "./inputs";
import styles from "./Form.module.css";

interface Common {
  /** Of the table that the fields are of. */
  key: string;
  label: string;
  placeholder?: string;
  description?: ReactNode;
}

/** A text; a number; or one of some, where `none` is said while nothing is chosen. */
export type Spec = Common &
  (
    | { kind?: "text"; codec?: Codec; mono?: boolean }
    | { kind: "number" }
    | { kind: "choice"; options: readonly (string | { value: string; label: string })[]; none?: string }
  );

interface Props {
  /** The table's place in the definition, and what it says. */
  at: string;
  of: JsonObject;
  fields: readonly Spec[];
}

/** Inputs of a table's keys, beside one another where there is room. */
export function Grid({ at, of, fields }: Props) {
  return (
    <div className={styles.grid}>
      {fields.map(({ key, ...spec }) => {
        const place = { pointer: child(at, key), value: of[key] };
        switch (spec.kind) {
          case "number":
            return <NumberField key={key} {...place} {...spec} />;
          case "choice":
            return <ChoiceField key={key} {...place} {...spec} />;
          default:
            return <TextField key={key} {...place} {...spec} />;
        }
      })}
    </div>
  );
}
