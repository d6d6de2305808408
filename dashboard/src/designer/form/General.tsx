import { memo } from "react";
import type { Json } from "../patch";
import { needed } from "./codec";
import { ChoiceField, TextField } from "./inputs";
import { Section } from "./Section";
import styles from "./Form.module.css";

interface Props {
  name: Json | undefined;
  description: Json | undefined;
  log: Json | undefined;
  /** Whether it is saved under its name. */
  named: boolean;
}

export const General = memo(function General({ name, description, log, named }: Props) {
  return (
    <Section title="General" pointer="">
      <div className={styles.grid}>
        {named ? (
          <div>
            <div className={styles.label}>Name</div>
            <code>{typeof name === "string" ? name : JSON.stringify(name)}</code>
            <p className="quiet small">Another name in the text makes another endpoint.</p>
          </div>
        ) : (
          <TextField
            pointer="/name"
            label="Name"
            value={name}
            codec={needed}
            description="In its address; lower-case letters, digits, hyphens"
            mono
          />
        )}
        <ChoiceField
          pointer="/log"
          label="Kept of a call"
          value={log}
          none="all of it"
          options={[
            { value: "full", label: "all of it (full)" },
            { value: "metadata", label: "no bodies (metadata)" },
            { value: "none", label: "neither bodies nor the caller's data (none)" },
          ]}
        />
      </div>
      <TextField
        pointer="/description"
        label="Description"
        value={description}
        description="One line for people who look for the endpoint"
      />
    </Section>
  );
});
