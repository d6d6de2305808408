import { SegmentedControl, Switch } from "@mantine/core";
import { memo, type ReactNode } from "react";
import { isObject, put, unset, type Json, type JsonObject } from "../patch";
import { needed, neededLines } from "./codec";
import { Grid } from "./Grid";
import { AreaField, Found } from "./inputs";
import { More } from "./More";
import { Section } from "./Section";
import { useForm } from "./useForm";

const objectOf = (json: Json | undefined): JsonObject => (isObject(json) ? json : {});

/** Who may call, from where. */
export const Callers = memo(function Callers({
  auth,
  cors,
}: {
  auth: Json | undefined;
  cors: Json | undefined;
}) {
  const { edit, locked } = useForm();
  return (
    <Section
      title="Callers"
      pointer="/auth"
      actions={
        <SegmentedControl
          aria-label="Who may call"
          data={[
            { value: "api-key", label: "With an API key" },
            { value: "public", label: "Anybody" },
          ]}
          value={objectOf(auth)["mode"] === "public" ? "public" : "api-key"}
          disabled={locked !== null}
          onChange={(chosen) => edit((doc) => put(doc, "/auth/mode", chosen))}
        />
      }
    >
      <Optional
        label="Pages of other sites may call (CORS)"
        pointer="/cors"
        there={cors !== undefined}
        fresh={{ origins: ["https://app.example.com"] }}
      >
        <AreaField
          pointer="/cors/origins"
          label="Origins"
          value={objectOf(cors)["origins"]}
          codec={neededLines}
          description={
            <>
              One a line, or <code>*</code> for all
            </>
          }
          rows={1}
        />
      </Optional>
    </Section>
  );
});

export const Limits = memo(function Limits({ limits }: { limits: Json | undefined }) {
  const said = objectOf(limits);
  const budget = objectOf(said["budget"]);
  return (
    <Section title="Limits and budget" pointer="/limits">
      <Grid
        at="/limits"
        of={said}
        fields={[
          { key: "rate", label: "Calls per time", placeholder: "60/minute" },
          {
            key: "per",
            kind: "choice",
            label: "Counted for each",
            none: "key; address where anybody may call",
            options: ["key", "user", "address"],
          },
          { key: "burst", kind: "number", label: "At once", placeholder: "those of a whole period" },
          { key: "max_body", label: "Largest request", placeholder: "1MiB" },
        ]}
      />
      <Found pointer="/limits/budget" />
      <Grid
        at="/limits/budget"
        of={budget}
        fields={[
          { key: "endpoint", label: "Budget", placeholder: "20 USD/day" },
          { key: "per_key", label: "Budget of each key", placeholder: "5 USD/day" },
          { key: "per_user", label: "Budget of each user", placeholder: "1 USD/day" },
        ]}
      />
      <More
        title="Around budgets"
        pointers={["/limits/budget/soft", "/limits/budget/on_state_failure"]}
        beside={["soft", "on_state_failure"].filter((key) => key in budget).join(", ")}
      >
        <Grid
          at="/limits/budget"
          of={budget}
          fields={[
            { key: "soft", kind: "number", label: "Tell at this share", placeholder: "0.8" },
            {
              key: "on_state_failure",
              kind: "choice",
              label: "While spending cannot be counted",
              none: "calls are refused",
              options: [
                { value: "deny", label: "calls are refused (deny)" },
                { value: "allow", label: "calls go on (allow)" },
              ],
            },
          ]}
        />
      </More>
    </Section>
  );
});

export const Cache = memo(function Cache({ cache }: { cache: Json | undefined }) {
  const said = objectOf(cache);
  return (
    <Section title="Cache" pointer="/cache">
      <Optional label="Remember answers" pointer="/cache" there={cache !== undefined} fresh={{ ttl: "1h" }}>
        <Grid
          at="/cache"
          of={said}
          fields={[
            { key: "ttl", label: "For", placeholder: "1h", codec: needed },
            { key: "stale", label: "Old ones, while asking anew, for", placeholder: "not at all" },
            {
              key: "scope",
              kind: "choice",
              label: "Shared by",
              none: "all callers of the endpoint",
              options: [
                { value: "endpoint", label: "all callers of the endpoint (endpoint)" },
                { value: "key", label: "callers with the same key (key)" },
                { value: "user", label: "callers for the same user (user)" },
              ],
            },
          ]}
        />
      </Optional>
    </Section>
  );
});

interface OptionalProps {
  label: string;
  pointer: string;
  there: boolean;
  fresh: JsonObject;
  children: ReactNode;
}

/** A table that is there or not. */
function Optional({ label, pointer, there, fresh, children }: OptionalProps) {
  const { edit, locked } = useForm();
  return (
    <>
      <Switch
        label={label}
        checked={there}
        disabled={locked !== null}
        onChange={(event) => {
          const wanted = event.currentTarget.checked;
          edit((doc) => (wanted ? put(doc, pointer, fresh) : unset(doc, pointer)));
        }}
      />
      {there ? children : null}
    </>
  );
}

export const Deploy = memo(function Deploy({ deploy }: { deploy: Json | undefined }) {
  const said = objectOf(deploy);
  return (
    <Section title="Function" pointer="/deploy">
      <Grid
        at="/deploy"
        of={said}
        fields={[
          { key: "memory", kind: "number", label: "Memory in MB", placeholder: "128" },
          { key: "timeout", label: "Timeout", placeholder: "60s" },
          {
            key: "profile",
            kind: "choice",
            label: "Built for",
            none: "a quick deploy",
            options: [
              { value: "fast", label: "a quick deploy (fast)" },
              { value: "small", label: "a small binary (small)" },
            ],
          },
          {
            key: "architecture",
            kind: "choice",
            label: "Instruction set",
            none: "the target's own",
            options: ["arm64", "x86-64"],
          },
          { key: "concurrency", kind: "number", label: "Calls at once in a process", placeholder: "1" },
        ]}
      />
    </Section>
  );
});
