import { Button } from "@mantine/core";
import { memo } from "react";
import { child, put, type Json } from "../patch";
import { Fields } from "./Fields";
import { Section } from "./Section";
import { useForm } from "./useForm";
import type { Variable } from "./rules";

interface Props {
  request: Json | undefined;
  /** What the prompt uses and nobody gives. */
  missing: readonly Variable[];
}

export const Request = memo(function Request({ request, missing }: Props) {
  const { edit, locked } = useForm();
  const add = (variables: readonly Variable[]) => {
    for (const { name, field } of variables) edit((doc) => put(doc, child("/request", name), field));
  };
  return (
    <Section title="Request fields" pointer="/request" about="What callers send; templates use them by name.">
      {missing.length > 0 ? (
        <div className="row" role="group" aria-label="From the prompt">
          <span className="quiet small">The prompt uses</span>
          {missing.map((variable) => (
            <Button
              key={variable.name}
              variant="light"
              disabled={locked !== null}
              onClick={() => add([variable])}
            >
              Add {variable.name}
            </Button>
          ))}
          {missing.length > 1 ? (
            <Button variant="subtle" disabled={locked !== null} onClick={() => add(missing)}>
              Add all
            </Button>
          ) : null}
        </div>
      ) : null}
      <Fields pointer="/request" fields={request} asked none="It takes no fields." />
    </Section>
  );
});
