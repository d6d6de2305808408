import { Button } from "@mantine/core";
import { memo } from "react";
import { child, isObject, type Json, type JsonObject } from "../patch";
import { codecOf, lines } from "./codec";
import { AreaField, Found, LinesField, SwitchField, TextField } from "./inputs";
import { ItemButtons } from "./ItemButtons";
import { appended } from "./rules";
import { Section } from "./Section";
import { idOf, useForm } from "./useForm";
import styles from "./Form.module.css";

interface Props {
  tests: Json | undefined;
  request: Json | undefined;
}

export const Tests = memo(function Tests({ tests, request }: Props) {
  const { edit, locked } = useForm();
  const list = Array.isArray(tests) ? tests : [];
  const fields: JsonObject = isObject(request) ? request : {};
  const empty = Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) =>
      isObject(field) && field["optional"] !== true && !("default" in field) ? [[name, sampleOf(field)]] : [],
    ),
  );
  return (
    <Section
      title="Tests"
      pointer="/tests"
      about="Calls made before a version goes live; one that fails keeps the old version."
    >
      {list.map((test, index) => (
        <Test key={index} test={test} index={index} length={list.length} fields={fields} />
      ))}
      <Button
        variant="default"
        disabled={locked !== null}
        onClick={() => edit((doc) => appended(doc, "/tests", { request: empty, expect: { schema: true } }))}
        style={{ alignSelf: "flex-start" }}
      >
        Add a test
      </Button>
    </Section>
  );
});

/** Something to begin a test's field with. */
function sampleOf(field: JsonObject): Json {
  switch (field["type"]) {
    case "integer":
    case "number":
      return typeof field["minimum"] === "number" ? field["minimum"] : 1;
    case "boolean":
      return true;
    case "enum":
      return Array.isArray(field["values"]) ? (field["values"][0] ?? "") : "";
    case "array":
    case "messages":
      return [];
    case "object":
      return {};
    default:
      return "";
  }
}

interface TestProps {
  test: Json;
  index: number;
  length: number;
  fields: JsonObject;
}

function Test({ test, index, length, fields }: TestProps) {
  const pointer = child("/tests", index);
  const said: JsonObject = isObject(test) ? test : {};
  const request: JsonObject = isObject(said["request"]) ? said["request"] : {};
  const expect: JsonObject = isObject(said["expect"]) ? said["expect"] : {};
  const names = [...new Set([...Object.keys(fields), ...Object.keys(request)])];
  const at = (...keys: string[]) => keys.reduce<string>(child, pointer);
  return (
    <div className={styles.item} id={idOf(pointer)} role="group" aria-label={`Test ${index + 1}`}>
      <header>
        <span className={styles.label}>Test {index + 1}</span>
        <ItemButtons
          list="/tests"
          pointer={pointer}
          index={index}
          length={length}
          what={`test ${index + 1}`}
        />
      </header>
      <Found pointer={pointer} />
      {names.map((name) => (
        <AreaField
          key={name}
          pointer={at("request", name)}
          label={name}
          value={request[name]}
          codec={codecOf(fields[name])}
          rows={1}
        />
      ))}
      <LinesField
        pointer={at("expect", "contains")}
        label="The answer contains"
        value={expect["contains"]}
        codec={lines}
        description="One text a line"
        rows={1}
      />
      <div className="row" style={{ gap: 24, alignItems: "flex-end" }}>
        <TextField
          pointer={at("expect", "max_latency")}
          label="Within"
          value={expect["max_latency"]}
          placeholder="5s"
        />
        <SwitchField
          pointer={at("expect", "schema")}
          label="It fits the declared answer"
          value={expect["schema"]}
        />
      </div>
    </div>
  );
}
