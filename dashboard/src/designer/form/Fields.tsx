import { Button } from "@mantine/core";
import { useState } from "react";
import { child, isObject, put, type Json, type JsonObject } from "../patch";
import { FieldRow } from "./FieldRow";
import { freeName } from "./rules";
import { useForm } from "./useForm";
import styles from "./Form.module.css";

interface Props {
  /** Of the fields, such as `/request`. */
  pointer: string;
  fields: Json | undefined;
  /** Whether callers send them: only those may be left out, be sensitive, and so on. */
  asked: boolean;
  none: string;
}

/** Named fields, in the order they are declared in. */
export function Fields({ pointer, fields, asked, none }: Props) {
  const { edit, locked } = useForm();
  const [fresh, setFresh] = useState<string | null>(null);
  const [open, setOpen] = useState<readonly string[]>([]);
  const known: JsonObject = isObject(fields) ? fields : {};
  const named = Object.entries(known);
  const add = () => {
    const name = freeName(known);
    setFresh(name);
    setOpen([...open, name]);
    edit((doc) => put(doc, child(pointer, name), { type: "string", ...(asked ? { max_length: 1000 } : {}) }));
  };
  return (
    <div className={styles.fields}>
      {named.length === 0 ? <p className="quiet small">{none}</p> : null}
      {named.map(([name, field], index) => (
        <FieldRow
          key={name}
          list={pointer}
          name={name}
          field={field}
          index={index}
          length={named.length}
          asked={asked}
          fresh={name === fresh}
          open={open.includes(name)}
          onOpen={(wanted) =>
            setOpen((open) => [...open.filter((it) => it !== name), ...(wanted ? [name] : [])])
          }
          onRenamed={(now) => setOpen((open) => open.map((it) => (it === name ? now : it)))}
        />
      ))}
      <Button variant="default" disabled={locked !== null} onClick={add} style={{ alignSelf: "flex-start" }}>
        Add a field
      </Button>
    </div>
  );
}
