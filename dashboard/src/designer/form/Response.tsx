import { SegmentedControl } from "@mantine/core";
import { memo } from "react";
import { isObject, put, type Json, type JsonObject } from "../patch";
import { Fields } from "./Fields";
import { Section } from "./Section";
import { useForm } from "./useForm";

export const Response = memo(function Response({ response }: { response: Json | undefined }) {
  const { edit, locked } = useForm();
  const said: JsonObject = isObject(response) ? response : {};
  const json = said["format"] === "json";
  return (
    <Section
      title="Answer"
      pointer="/response"
      actions={
        <SegmentedControl
          aria-label="Form of the answer"
          data={[
            { value: "text", label: "Text" },
            { value: "json", label: "JSON" },
          ]}
          value={json ? "json" : "text"}
          disabled={locked !== null}
          onChange={(chosen) => edit((doc) => put(doc, "/response/format", chosen))}
        />
      }
    >
      {json || "fields" in said ? (
        <Fields
          pointer="/response/fields"
          fields={said["fields"]}
          asked={false}
          none="Any JSON object: declare fields, and the answer is held to them."
        />
      ) : (
        <p className="quiet small">
          One text, whole or word by word: <code>{'{ "text": … }'}</code>
        </p>
      )}
    </Section>
  );
});
