import { SegmentedControl, Switch } from "@mantine/core";
import { memo, type ReactNode } from "react";
import { isObject, put, unset, type Json, type JsonObject } from "../patch";
import { needed, neededLines } from "./codec";
import { AreaField, ChoiceField, Found, NumberField, TextField } from "./inputs";
import { More } from "./More";
import { Section } from "./Section";
import { useForm } from "./useForm";
import styles from "./Form.module.css";

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
      <div className={styles.grid}>
        <TextField
          pointer="/limits/rate"
          label="Calls per time"
          value={said["rate"]}
          placeholder="60/minute"
        />
        <ChoiceField
          pointer="/limits/per"
          label="Counted for each"
          value={said["per"]}
          none="key; address where anybody may call"
          options={["key", "user", "address"]}
        />
        <NumberField
          pointer="/limits/burst"
          label="At once"
          value={said["burst"]}
          placeholder="those of a whole period"
        />
        <TextField
          pointer="/limits/max_body"
          label="Largest request"
          value={said["max_body"]}
          placeholder="1MiB"
        />
      </div>
      <Found pointer="/limits/budget" />
      <div className={styles.grid}>
        <TextField
          pointer="/limits/budget/endpoint"
          label="Budget"
          value={budget["endpoint"]}
          placeholder="20 USD/day"
        />
        <TextField
          pointer="/limits/budget/per_key"
          label="Budget of each key"
          value={budget["per_key"]}
          placeholder="5 USD/day"
        />
        <TextField
          pointer="/limits/budget/per_user"
          label="Budget of each user"
          value={budget["per_user"]}
          placeholder="1 USD/day"
        />
      </div>
      <More
        title="Around budgets"
        pointers={["/limits/budget/soft", "/limits/budget/on_state_failure"]}
        beside={["soft", "on_state_failure"].filter((key) => key in budget).join(", ")}
      >
        <div className={styles.grid}>
          <NumberField
            pointer="/limits/budget/soft"
            label="Tell at this share"
            value={budget["soft"]}
            placeholder="0.8"
          />
          <ChoiceField
            pointer="/limits/budget/on_state_failure"
            label="While spending cannot be counted"
            value={budget["on_state_failure"]}
            none="calls are refused"
            options={[
              { value: "deny", label: "calls are refused (deny)" },
              { value: "allow", label: "calls go on (allow)" },
            ]}
          />
        </div>
      </More>
    </Section>
  );
});

export const Cache = memo(function Cache({ cache }: { cache: Json | undefined }) {
  const said = objectOf(cache);
  return (
    <Section title="Cache" pointer="/cache">
      <Optional label="Remember answers" pointer="/cache" there={cache !== undefined} fresh={{ ttl: "1h" }}>
        <div className={styles.grid}>
          <TextField pointer="/cache/ttl" label="For" value={said["ttl"]} codec={needed} placeholder="1h" />
          <TextField
            pointer="/cache/stale"
            label="Old ones, while asking anew, for"
            value={said["stale"]}
            placeholder="not at all"
          />
          <ChoiceField
            pointer="/cache/scope"
            label="Shared by"
            value={said["scope"]}
            none="all callers of the endpoint"
            options={[
              { value: "endpoint", label: "all callers of the endpoint (endpoint)" },
              { value: "key", label: "callers with the same key (key)" },
              { value: "user", label: "callers for the same user (user)" },
            ]}
          />
        </div>
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
      <div className={styles.grid}>
        <NumberField pointer="/deploy/memory" label="Memory in MB" value={said["memory"]} placeholder="128" />
        <TextField pointer="/deploy/timeout" label="Timeout" value={said["timeout"]} placeholder="60s" />
        <ChoiceField
          pointer="/deploy/profile"
          label="Built for"
          value={said["profile"]}
          none="a quick deploy"
          options={[
            { value: "fast", label: "a quick deploy (fast)" },
            { value: "small", label: "a small binary (small)" },
          ]}
        />
        <ChoiceField
          pointer="/deploy/architecture"
          label="Instruction set"
          value={said["architecture"]}
          none="the target's own"
          options={["arm64", "x86-64"]}
        />
        <NumberField
          pointer="/deploy/concurrency"
          label="Calls at once in a process"
          value={said["concurrency"]}
          placeholder="1"
        />
      </div>
    </Section>
  );
});
