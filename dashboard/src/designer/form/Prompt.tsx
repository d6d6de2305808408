import { Button, SegmentedControl } from "@mantine/core";
import { memo } from "react";
import { child, isObject, put, type Json, type JsonObject } from "../patch";
import { text } from "./codec";
import { AreaField, ChoiceField, Found, TextField } from "./inputs";
import { ItemButtons } from "./ItemButtons";
import { appended, promptForm, reformed, type PromptForm } from "./rules";
import { Section } from "./Section";
import { idOf, useForm } from "./useForm";
import styles from "./Form.module.css";

const FORMS: { value: PromptForm; label: string }[] = [
  { value: "template", label: "Template" },
  { value: "messages", label: "Messages" },
  { value: "use", label: "Reference" },
];

export const Prompt = memo(function Prompt({ prompt }: { prompt: Json | undefined }) {
  const { edit, locked } = useForm();
  const said: JsonObject = isObject(prompt) ? prompt : {};
  const form = promptForm(prompt);
  return (
    <Section
      title="Prompt"
      pointer="/prompt"
      actions={
        <SegmentedControl
          aria-label="Form of the prompt"
          data={FORMS}
          value={form}
          disabled={locked !== null}
          onChange={(chosen) => edit((doc) => put(doc, "/prompt", reformed(said, chosen)))}
        />
      }
    >
      {form === "template" ? <Template prompt={said} /> : null}
      {form === "messages" ? <Messages messages={said["messages"]} /> : null}
      {form === "use" ? (
        <TextField
          pointer="/prompt/use"
          label="Prompt"
          value={said["use"]}
          description="name, name@label or name@version"
          mono
        />
      ) : null}
    </Section>
  );
});

function Template({ prompt }: { prompt: JsonObject }) {
  return (
    <>
      <AreaField
        pointer="/prompt/system"
        label="System"
        value={prompt["system"]}
        codec={text}
        description="Instructions that stand above the conversation; may be left out"
        rows={1}
      />
      <AreaField
        pointer="/prompt/template"
        label="Template"
        value={prompt["template"]}
        description={
          <>
            Request fields by name: <code>{"{{ text }}"}</code>
          </>
        }
        rows={4}
      />
    </>
  );
}

function Messages({ messages }: { messages: Json | undefined }) {
  const { edit, locked } = useForm();
  const list = Array.isArray(messages) ? messages : [];
  return (
    <>
      {list.map((message, index) => (
        <Message key={index} message={message} index={index} length={list.length} />
      ))}
      <Button
        variant="default"
        disabled={locked !== null}
        onClick={() => edit((doc) => appended(doc, "/prompt/messages", { role: "user", content: "" }))}
        style={{ alignSelf: "flex-start" }}
      >
        Add a message
      </Button>
    </>
  );
}

function Message({ message, index, length }: { message: Json; index: number; length: number }) {
  const pointer = child("/prompt/messages", index);
  const said = isObject(message) ? message : {};
  return (
    <div className={styles.item} id={idOf(pointer)} role="group" aria-label={`Message ${index + 1}`}>
      <header>
        <span className={styles.label}>Message {index + 1}</span>
        <ItemButtons
          list="/prompt/messages"
          pointer={pointer}
          index={index}
          length={length}
          what={`message ${index + 1}`}
        />
      </header>
      <Found pointer={pointer} />
      <ChoiceField
        pointer={child(pointer, "role")}
        label="Role"
        value={said["role"]}
        options={["system", "user", "assistant"]}
      />
      <AreaField pointer={child(pointer, "content")} label="Text" value={said["content"]} />
    </div>
  );
}
