import { Button } from "@mantine/core";
import { memo } from "react";
import { child, isObject, type Json } from "../patch";
import { needed } from "./codec";
import { Fields } from "./Fields";
import { Found, TextField } from "./inputs";
import { ItemButtons } from "./ItemButtons";
import { appended } from "./rules";
import { Section } from "./Section";
import { idOf, useForm } from "./useForm";
import styles from "./Form.module.css";

export const Tools = memo(function Tools({ tools }: { tools: Json | undefined }) {
  const { edit, locked } = useForm();
  const list = Array.isArray(tools) ? tools : [];
  return (
    <Section title="Tools" pointer="/tools" about="What the model may ask the caller for.">
      {list.map((tool, index) => {
        const pointer = child("/tools", index);
        const said = isObject(tool) ? tool : {};
        return (
          <div
            key={index}
            className={styles.item}
            id={idOf(pointer)}
            role="group"
            aria-label={`Tool ${index + 1}`}
          >
            <header>
              <span className={styles.label}>Tool {index + 1}</span>
              <ItemButtons
                list="/tools"
                pointer={pointer}
                index={index}
                length={list.length}
                what={`tool ${index + 1}`}
              />
            </header>
            <Found pointer={pointer} />
            <TextField
              pointer={child(pointer, "name")}
              label="Name"
              value={said["name"]}
              codec={needed}
              mono
            />
            <TextField
              pointer={child(pointer, "description")}
              label="Description"
              value={said["description"]}
              codec={needed}
              description="What it does, for the model"
            />
            <Fields
              pointer={child(pointer, "parameters")}
              fields={said["parameters"]}
              asked={false}
              none="It takes no parameters."
            />
          </div>
        );
      })}
      <Button
        variant="default"
        disabled={locked !== null}
        onClick={() => edit((doc) => appended(doc, "/tools", { name: "tool", description: "" }))}
        style={{ alignSelf: "flex-start" }}
      >
        Add a tool
      </Button>
    </Section>
  );
});
