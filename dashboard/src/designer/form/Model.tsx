import { Button } from "@mantine/core";
import { memo } from "react";
import { child, isObject, type Json, type JsonObject } from "../patch";
import { needed } from "./codec";
import { ChoiceField, Found, LinesField, NumberField, TextField } from "./inputs";
import { Grid } from "./Grid";
import { ItemButtons } from "./ItemButtons";
import { More } from "./More";
import { addressed, appended } from "./rules";
import { Section } from "./Section";
import { idOf, useForm } from "./useForm";
import styles from "./Form.module.css";

const PROVIDERS = [
  "openai",
  "anthropic",
  "cohere",
  "azure-openai",
  "huggingface",
  "gemini",
  "bedrock",
  "openai-compatible",
  "sandbox",
];

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

export const Model = memo(function Model({ model }: { model: Json | undefined }) {
  const said = isObject(model) ? model : {};
  return (
    <Section title="Model" pointer="/model">
      <Which pointer="/model" model={said} />
      <Grid
        at="/model"
        of={said}
        fields={[
          { key: "max_tokens", kind: "number", label: "Longest answer", description: "In tokens" },
          {
            key: "timeout",
            label: "Timeout",
            placeholder: "30s",
            description: "The whole call, retries included",
          },
          { key: "retries", kind: "number", label: "Retries", placeholder: "2" },
          {
            key: "hedge",
            label: "Hedge after",
            placeholder: "never",
            description: "Asks once more if nothing came by then",
          },
        ]}
      />
      <Parameters pointer="/model" model={said} />
      <Others pointer="/model/fallback" models={said["fallback"]} what="fallback" />
      <Others pointer="/model/split" models={said["split"]} what="split" />
    </Section>
  );
});

/** Which model, and with which key. */
function Which({ pointer, model }: { pointer: string; model: JsonObject }) {
  const at = (key: string) => child(pointer, key);
  return (
    <div className={styles.grid}>
      <ChoiceField pointer={at("provider")} label="Provider" value={model["provider"]} options={PROVIDERS} />
      <TextField
        pointer={at("name")}
        label="Model"
        value={model["name"]}
        codec={needed}
        description="As the provider calls it"
        mono
      />
      <TextField
        pointer={at("credential")}
        label="Key"
        value={model["credential"]}
        placeholder="default"
        description="Which of the provider's keys"
      />
      {addressed(model, "api") ? (
        <ChoiceField
          pointer={at("api")}
          label="API"
          value={model["api"]}
          none="the provider's usual one"
          options={["responses", "chat"]}
        />
      ) : null}
      {addressed(model, "base_url") ? (
        <TextField
          pointer={at("base_url")}
          label="Address"
          value={model["base_url"]}
          placeholder="https://"
          mono
        />
      ) : null}
      {addressed(model, "api_version") ? (
        <TextField pointer={at("api_version")} label="API version" value={model["api_version"]} mono />
      ) : null}
      {addressed(model, "region") ? (
        <TextField pointer={at("region")} label="Region" value={model["region"]} mono />
      ) : null}
    </div>
  );
}

const PARAMETERS = ["temperature", "top_p", "effort", "seed", "stop", "price"];

/** What not every model takes. */
function Parameters({ pointer, model }: { pointer: string; model: JsonObject }) {
  const at = (key: string) => child(pointer, key);
  const price = isObject(model["price"]) ? model["price"] : {};
  const given = PARAMETERS.filter((key) => key in model);
  return (
    <More title="Parameters and price" beside={given.join(", ")} pointers={PARAMETERS.map(at)}>
      <Grid
        at={pointer}
        of={model}
        fields={[
          { key: "temperature", kind: "number", label: "Temperature" },
          { key: "top_p", kind: "number", label: "Top p" },
          { key: "effort", kind: "choice", label: "Effort", none: "the model's own", options: EFFORTS },
          { key: "seed", kind: "number", label: "Seed" },
        ]}
      />
      <LinesField
        pointer={at("stop")}
        label="Stop at"
        value={model["stop"]}
        description="Texts that end the answer, one a line"
        rows={1}
      />
      <Found pointer={at("price")} />
      <Grid
        at={at("price")}
        of={price}
        fields={[
          {
            key: "input",
            kind: "number",
            label: "Price in",
            description: "USD a million tokens, for a model that no table knows",
          },
          { key: "output", kind: "number", label: "Price out" },
          { key: "cached_input", kind: "number", label: "Price in, cached" },
        ]}
      />
    </More>
  );
}

interface OthersProps {
  pointer: string;
  models: Json | undefined;
  what: "fallback" | "split";
}

const OTHERS = {
  fallback: {
    add: "Add a fallback",
    title: "Fallback",
    about: "Asked in order when the model before has failed for good.",
  },
  split: {
    add: "Share calls with another model",
    title: "Share",
    about: "Models that take a share of the calls.",
  },
};

function Others({ pointer, models, what }: OthersProps) {
  const { edit, locked } = useForm();
  const list = Array.isArray(models) ? models : [];
  const { add, title, about } = OTHERS[what];
  const fresh: JsonObject = {
    ...(what === "split" ? { weight: 10 } : {}),
    provider: "sandbox",
    name: "echo",
  };
  return (
    <>
      {list.length > 0 ? <p className="quiet small">{about}</p> : null}
      {list.map((model, index) => {
        const at = child(pointer, index);
        const said = isObject(model) ? model : {};
        const name = `${title} ${index + 1}`;
        return (
          <div key={index} className={styles.item} id={idOf(at)} role="group" aria-label={name}>
            <header>
              <span className={styles.label}>{name}</span>
              <ItemButtons
                list={pointer}
                pointer={at}
                index={index}
                length={list.length}
                what={name.toLowerCase()}
              />
            </header>
            <Found pointer={at} />
            {what === "split" ? (
              <NumberField
                pointer={child(at, "weight")}
                label="Percent of the calls"
                value={said["weight"]}
              />
            ) : null}
            <Which pointer={at} model={said} />
            {what === "fallback" ? (
              <>
                <NumberField
                  pointer={child(at, "max_tokens")}
                  label="Longest answer"
                  value={said["max_tokens"]}
                  placeholder="as the first"
                />
                <Parameters pointer={at} model={said} />
              </>
            ) : null}
          </div>
        );
      })}
      <Button
        variant="default"
        disabled={locked !== null}
        onClick={() => edit((doc) => appended(doc, pointer, fresh))}
        style={{ alignSelf: "flex-start" }}
      >
        {add}
      </Button>
    </>
  );
}
