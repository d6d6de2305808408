import { NativeSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { queries } from "../api/queries";
import { AMOUNTS, amountOf, choices, isChosen, PICKS } from "./filters";
import { useFilter } from "./useFilter";
import { WORDS } from "./words";
import styles from "./CallsPage.module.css";

/** What else calls differ by, with how often. */
export function Further() {
  const { filter, set } = useFilter();
  const { endpoint, within, since, until, text } = filter;
  const facets = useQuery(
    queries.callFacets({
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(within === undefined ? {} : { within }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      ...(text === undefined ? {} : { text }),
    }),
  );
  return (
    <div className={`panel ${styles.further}`}>
      {PICKS.map(({ name, label }) => (
        <NativeSelect
          key={name}
          label={label}
          data={choices(facets.data?.facets ?? [], name, filter[name])}
          value={filter[name] ?? ""}
          onChange={(event) => set({ [name]: event.currentTarget.value || undefined })}
        />
      ))}
      <Field
        key={filter.user}
        label={WORDS.user}
        now={filter.user ?? ""}
        onChange={(user) => set({ user })}
      />
      {AMOUNTS.map(({ name, label, unit }) => (
        <Field
          key={`${name} ${filter[name] ?? ""}`}
          label={label}
          unit={unit}
          now={filter[name]?.toString() ?? ""}
          onChange={(written) => set({ [name]: amountOf(written) })}
        />
      ))}
      <p className={`quiet small ${styles.note}`}>
        {within === undefined && !isChosen(filter) ? WORDS.countedDay : WORDS.counted}
      </p>
    </div>
  );
}

interface FieldProps {
  label: string;
  unit?: string;
  now: string;
  onChange: (written: string | undefined) => void;
}

/** Looked for once it is written. */
function Field({ label, unit, now, onChange }: FieldProps) {
  const [written, setWritten] = useState(now);
  const look = () => {
    if (written.trim() !== now) onChange(written.trim() || undefined);
  };
  return (
    <TextInput
      label={label}
      value={written}
      {...(unit === undefined
        ? {}
        : { rightSection: <span className="quiet small">{unit}</span>, inputMode: "decimal" })}
      onChange={(event) => setWritten(event.currentTarget.value)}
      onBlur={look}
      onKeyDown={(event) => {
        if (event.key === "Enter") look();
      }}
    />
  );
}
