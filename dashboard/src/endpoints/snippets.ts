/** Calls to copy, in the languages that people ask for. */
import type { Request } from "./sample";

export type Language = "curl" | "Python" | "TypeScript";
export const LANGUAGES: Language[] = ["curl", "Python", "TypeScript"];

export interface Target {
  url: string;
  request: Request;
  asksForKey: boolean;
}

export function snippet(language: Language, target: Target): string {
  return WRITERS[language](target);
}

const KEY = "PROMPTPILOT_API_KEY";

const WRITERS: Record<Language, (target: Target) => string> = {
  curl({ url, request, asksForKey }) {
    const lines = [`curl ${url}`, "-H 'content-type: application/json'"];
    if (asksForKey) lines.push(`-H "authorization: Bearer $${KEY}"`);
    lines.push(`-d ${shell(JSON.stringify(request))}`);
    return lines.join(" \\\n  ");
  },

  Python({ url, request, asksForKey }) {
    const imports = asksForKey ? "import os\n\nimport requests" : "import requests";
    const key = asksForKey ? `\n    headers={"authorization": f"Bearer {os.environ['${KEY}']}"},` : "";
    return `${imports}

answer = requests.post(
    ${JSON.stringify(url)},
    json=${python(request, 4)},${key}
    timeout=60,
)
answer.raise_for_status()
print(answer.json())`;
  },

  TypeScript({ url, request, asksForKey }) {
    const key = asksForKey ? `\n    authorization: \`Bearer \${process.env.${KEY}}\`,` : "";
    return `const answer = await fetch(${JSON.stringify(url)}, {
  method: "POST",
  headers: {
    "content-type": "application/json",${key}
  },
  body: JSON.stringify(${indented(JSON.stringify(request, null, 2), 2)}),
});
if (!answer.ok) throw new Error(await answer.text());
console.log(await answer.json());`;
  },
};

/** A word for the shell; single quotes end, are written by themselves, and begin again. */
const shell = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const indented = (text: string, by: number): string => text.replaceAll("\n", `\n${" ".repeat(by)}`);

/** JSON as Python writes it. Its strings are read the same in both. */
function python(value: unknown, indent: number): string {
  const inner = " ".repeat(indent + 4);
  const end = " ".repeat(indent);
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[\n${value.map((item) => `${inner}${python(item, indent + 4)},\n`).join("")}${end}]`;
  }
  if (typeof value === "object") {
    const members = Object.entries(value as Record<string, unknown>);
    if (members.length === 0) return "{}";
    const lines = members.map(
      ([name, item]) => `${inner}${JSON.stringify(name)}: ${python(item, indent + 4)},\n`,
    );
    return `{\n${lines.join("")}${end}}`;
  }
  return JSON.stringify(value);
}
