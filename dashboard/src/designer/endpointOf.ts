/** The definition of an endpoint for a prompt. Pure, so that tables test it. */
import type { components } from "../api/schema";
import type { Field, PromptTemplate, StoredPrompt } from "../api/types";
import { freeName, labelled, parted } from "../prompts/rules";

type Checkable = components["schemas"]["Checkable"];
type Prompt = Pick<StoredPrompt, "name" | "description" | "labels" | "variables" | "content">;

/** Longest name of an endpoint. */
const LONGEST = 48;

/** What its file is called in findings. */
const FILE = "endpoint.toml";

/** An endpoint's name for a prompt: its own, without folders, and free. */
export function endpointName({ name }: Pick<Prompt, "name">, taken: readonly string[]): string {
  return freeName(parted(name).own.slice(0, LONGEST - 4), taken);
}

/**
 * What the server is asked to write as TOML. A prompt of the library has an endpoint there, with bounds and
 * descriptions of its fields; for any other, fields are as the prompt's texts ask for them.
 */
export function checkable(
  prompt: Prompt,
  fields: Readonly<Record<string, Field>>,
  library: readonly PromptTemplate[],
  taken: readonly string[],
): Checkable {
  const name = endpointName(prompt, taken);
  const use = labelled(prompt);
  const model = prompt.content?.model ?? { provider: "sandbox", name: "echo" };
  const template = library.find((one) => fits(one, prompt));
  if (template) {
    const put = (path: string, value: unknown) => ({ op: "replace" as const, path, value });
    const patch = [put("/name", name), put("/prompt/use", use), put("/model", model)];
    return { file: FILE, toml: template.endpoint, patch };
  }
  const { description } = prompt;
  const json = {
    name,
    ...(description === "" ? {} : { description }),
    prompt: { use },
    model,
    request: fields,
  };
  return { file: FILE, json };
}

const fits = ({ name, variables }: PromptTemplate, prompt: Prompt): boolean =>
  parted(prompt.name).own.startsWith(name) &&
  JSON.stringify([...variables].sort()) === JSON.stringify([...prompt.variables].sort());
