import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { Field } from "../../api/types";
import { boundsOf, typeOf } from "../../endpoints/fields";
import { child, isObject, put, type Json, type JsonObject } from "../patch";
import { codecOf, neededLines } from "./codec";
import { Fields } from "./Fields";
import { AreaField, ChoiceField, Found, NumberField, ORDER, SwitchField, TextField } from "./inputs";
import { ItemButtons } from "./ItemButtons";
import { renamed, retyped, takes, troubled, TYPES } from "./rules";
import { idOf, useFindings, useForm } from "./useForm";
import styles from "./Form.module.css";

interface Props {
  list: string;
  name: string;
  field: Json;
  index: number;
  length: number;
  asked: boolean;
  /** Just made: its name is what is typed next. */
  fresh: boolean;
  open: boolean;
  onOpen: (open: boolean) => void;
  onRenamed: (name: string) => void;
}

/** A field: one line, and what can be said of it below. */
export function FieldRow({ list, name, field, index, length, asked, fresh, open, onOpen, onRenamed }: Props) {
  const pointer = child(list, name);
  const said: JsonObject = isObject(field) ? field : {};
  const wrong = troubled(useFindings(), pointer);
  return (
    <div className={styles.field}>
      <details
        id={idOf(pointer)}
        open={open}
        onToggle={(event) => {
          if (event.currentTarget.open !== open) onOpen(event.currentTarget.open);
        }}
      >
        <summary>
          <code>{name}</code>
          <span className="quiet small cut">{inWords(said)}</span>
          {wrong ? <span className={styles.wrong}>error</span> : null}
        </summary>
        {open ? (
          <div className={styles.inner}>
            <Found pointer={pointer} />
            <div className={styles.grid}>
              <Name pointer={pointer} name={name} focus={fresh} onRenamed={onRenamed} />
              <Type pointer={pointer} field={said} />
            </div>
            <Bounds pointer={pointer} field={said} asked={asked} />
            <TextField
              pointer={child(pointer, "description")}
              label="Description"
              value={said["description"]}
              description="For callers and for the model"
            />
            <Absence pointer={pointer} field={said} asked={asked} />
          </div>
        ) : null}
      </details>
      <ItemButtons list={list} pointer={pointer} index={index} length={length} what={name} />
    </div>
  );
}

function inWords(field: JsonObject): string {
  const known = field as unknown as Field;
  const words = [typeof field["type"] === "string" ? typeOf(known) : "no type", ...boundsOf(known)];
  if (field["optional"] === true) words.push("optional");
  return words.join(" · ");
}

interface NameProps {
  pointer: string;
  name: string;
  focus: boolean;
  onRenamed: (name: string) => void;
}

/** A field's name: it changes once it is typed, so that no half of a name is ever one. */
function Name({ pointer, name, focus, onRenamed }: NameProps) {
  const { edit, locked } = useForm();
  const [typed, setTyped] = useState<string | null>(null);
  const done = () => {
    const wanted = typed?.trim() ?? "";
    edit((doc) => {
      const patch = renamed(doc, pointer, wanted);
      if (patch.length > 0) onRenamed(wanted);
      return patch;
    });
    setTyped(null);
  };
  return (
    <TextInput
      label="Name"
      description="Templates use it by this name"
      inputWrapperOrder={ORDER}
      value={typed ?? name}
      disabled={locked !== null}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === "Enter") done();
        if (event.key === "Escape") setTyped(null);
      }}
      // eslint-disable-next-line jsx-a11y/no-autofocus -- who adds a field goes on with its name
      autoFocus={focus}
      onFocus={(event) => event.currentTarget.select()}
      autoComplete="off"
      spellCheck={false}
      classNames={{ input: styles.mono ?? "" }}
    />
  );
}

function Type({ pointer, field }: { pointer: string; field: JsonObject }) {
  const { edit } = useForm();
  return (
    <ChoiceField
      pointer={child(pointer, "type")}
      label="Type"
      value={field["type"]}
      options={TYPES}
      onChoose={(type) => edit((doc) => put(doc, pointer, retyped(field, type)))}
    />
  );
}

const NUMBERS: [key: string, label: string][] = [
  ["min_length", "Fewest characters"],
  ["max_length", "Most characters"],
  ["minimum", "Least"],
  ["maximum", "Greatest"],
  ["min_items", "Fewest items"],
  ["max_items", "Most items"],
  ["max_images", "Most images of a message"],
];

/** What bounds a value, by its type. */
function Bounds({ pointer, field, asked }: { pointer: string; field: JsonObject; asked: boolean }) {
  const at = (key: string) => child(pointer, key);
  const numbers = NUMBERS.filter(([key]) => takes(field, key));
  return (
    <>
      {numbers.length > 0 ? (
        <div className={styles.grid}>
          {numbers.map(([key, label]) => (
            <NumberField key={key} pointer={at(key)} label={label} value={field[key]} />
          ))}
        </div>
      ) : null}
      {takes(field, "values") ? (
        <AreaField
          pointer={at("values")}
          label="Values"
          value={field["values"]}
          codec={neededLines}
          description="One a line"
        />
      ) : null}
      {takes(field, "max_size") ? (
        <TextField pointer={at("max_size")} label="Largest" value={field["max_size"]} placeholder="5MiB" />
      ) : null}
      {takes(field, "urls") ? (
        <SwitchField pointer={at("urls")} label="May be given by its URL" value={field["urls"]} />
      ) : null}
      {takes(field, "items") ? <Items pointer={at("items")} items={field["items"]} asked={asked} /> : null}
      {takes(field, "fields") ? (
        <div className={styles.nested} role="group" aria-label="Fields of the object">
          <Fields pointer={at("fields")} fields={field["fields"]} asked={asked} none="No fields yet." />
        </div>
      ) : null}
    </>
  );
}

/** What a list holds. */
function Items({ pointer, items, asked }: { pointer: string; items: Json | undefined; asked: boolean }) {
  const said: JsonObject = isObject(items) ? items : {};
  return (
    <div className={styles.nested} id={idOf(pointer)} role="group" aria-label="Each item">
      <span className={styles.label}>Each item</span>
      <Found pointer={pointer} />
      <Type pointer={pointer} field={said} />
      <Bounds pointer={pointer} field={said} asked={asked} />
    </div>
  );
}

/** Whether a field may be left out, and what holds then. */
function Absence({ pointer, field, asked }: { pointer: string; field: JsonObject; asked: boolean }) {
  const at = (key: string) => child(pointer, key);
  if (!asked) {
    return <SwitchField pointer={at("optional")} label="May be left out" value={field["optional"]} />;
  }
  return (
    <>
      <TextField
        pointer={at("default")}
        label="If left out"
        value={field["default"]}
        codec={codecOf(field)}
        description="The value that holds then"
      />
      <div className="row" style={{ gap: 24 }}>
        <SwitchField pointer={at("optional")} label="May be left out" value={field["optional"]} />
        <SwitchField pointer={at("sensitive")} label="Never recorded" value={field["sensitive"]} />
      </div>
    </>
  );
}
