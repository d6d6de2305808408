/** What the check found, as the editor and the list of problems need it. */
import type { Checked, Finding } from "../api/types";
import { plural } from "../ui/format";
import { offsetOf, wordAt } from "./places";

/** A finding with its place in the text. */
export interface Mark {
  from: number;
  to: number;
  severity: "error" | "warning" | "info";
  message: string;
  /** What would be right, where one word does it. */
  fix: string | null;
}

const SEVERITY: Record<Finding["severity"], Mark["severity"]> = {
  error: "error",
  warning: "warning",
  unchecked: "info",
};

export function marks(text: string, findings: readonly Finding[]): Mark[] {
  return findings.map((finding) => {
    const { line, column } = finding.location ?? { line: 1, column: 1 };
    return {
      ...wordAt(text, offsetOf(text, line, column)),
      severity: SEVERITY[finding.severity],
      message: finding.hint ? `${finding.message}: ${finding.hint}` : finding.message,
      fix: isOfAWord(finding) ? fixOf(finding) : null,
    };
  });
}

/** Whether a finding's place is the very word that was meant otherwise, and not the key of a value. */
export const isOfAWord = ({ code, within }: Pick<Finding, "code" | "within">): boolean =>
  code === "unknown-key" || code === "undeclared-variable" || (within !== undefined && within !== null);

/** The name that was probably meant. */
export function fixOf({ hint }: Pick<Finding, "hint">): string | null {
  return /did you mean `([^`]+)`\?/.exec(hint ?? "")?.[1] ?? null;
}

/** How the check ended, in a few words. */
export function verdict(findings: readonly Finding[]): { tone: "good" | "bad" | "warn"; words: string } {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.filter(({ severity }) => severity === "warning").length;
  if (errors > 0) return { tone: "bad", words: plural(errors, "error") };
  return warnings > 0
    ? { tone: "warn", words: plural(warnings, "warning") }
    : { tone: "good", words: "No problems" };
}

export const hasErrors = (findings: readonly Finding[]): boolean =>
  findings.some(({ severity }) => severity === "error");

/** Why a form cannot edit the text; null where it can, or where nothing is known yet. */
export function lockedBy(checked: Checked | null): string | null {
  if (!checked || (checked.json !== undefined && checked.json !== null)) return null;
  const finding = checked.findings.find(({ code }) => code === "toml-syntax");
  const line = finding?.location ? ` at line ${finding.location.line}` : "";
  return `The text cannot be read${line}${finding ? ` (${finding.message})` : ""}: mend it there, and the form goes on.`;
}
