import { NativeSelect, TextInput } from "@mantine/core";
import type { Field } from "../api/types";
import { boundsOf, typeOf } from "./fields";
import { isRequired } from "./sample";
import { Area } from "../ui/Area";

interface Props {
  name: string;
  field: Field;
  text: string;
  error: string | undefined;
  onChange: (text: string) => void;
}

/** A request field, as its type asks for it. */
export function Input({ name, field, text, error, onChange }: Props) {
  const shared = {
    label: name,
    description: [field.description, typeWords(field)].filter(Boolean).join(" · "),
    withAsterisk: isRequired(field),
    error,
    value: text,
  };
  const left = isRequired(field) ? [] : [{ value: "", label: "(left out)" }];
  switch (field.type) {
    case "enum":
      return (
        <NativeSelect
          {...shared}
          data={[...left, ...(field.values ?? [])]}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "boolean":
      return (
        <NativeSelect
          {...shared}
          data={[...left, "true", "false"]}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "integer":
    case "number":
      return (
        <TextInput
          {...shared}
          inputMode="decimal"
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    default:
      return (
        <Area
          {...shared}
          minRows={field.type === "string" ? 1 : 3}
          maxRows={14}
          spellCheck={field.type === "string"}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}

function typeWords(field: Field): string {
  const type = field.type === "enum" ? "" : typeOf(field);
  return [field.type === "string" || field.type === "enum" ? "" : type, ...boundsOf(field)]
    .filter(Boolean)
    .join(", ");
}
