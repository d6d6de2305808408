import { IconAlertTriangle, IconCircleX, IconInfoCircle } from "@tabler/icons-react";
import type { Finding } from "../api/types";
import type { CheckedText } from "./edits";
import { fixOf } from "./findings";
import { offsetOf } from "./places";
import styles from "./Designer.module.css";

const SIGNS: Record<Finding["severity"], { icon: typeof IconCircleX; colour: string; word: string }> = {
  error: { icon: IconCircleX, colour: "var(--bad)", word: "Error" },
  warning: { icon: IconAlertTriangle, colour: "var(--warn)", word: "Warning" },
  unchecked: { icon: IconInfoCircle, colour: "var(--text-quiet)", word: "Not checked" },
};

interface Props {
  checked: CheckedText | null;
  /** Leads to a place of the text, and to what edits it in the form. */
  onJump: (offset: number, pointer: string) => void;
  /** Writes the word that was meant; null while the text is ahead of the check. */
  onFix: ((finding: Finding) => void) | null;
}

/** What the check found; each leads to its place. */
export function Problems({ checked, onJump, onFix }: Props) {
  if (!checked || checked.findings.length === 0) return null;
  return (
    <section className={styles.problems} aria-label="Problems">
      <ul>
        {checked.findings.map((finding, index) => {
          const { icon: Sign, colour, word } = SIGNS[finding.severity];
          const { line, column } = finding.location ?? { line: 1, column: 1 };
          const meant = fixOf(finding);
          return (
            <li key={index}>
              <button
                type="button"
                className={styles.problem}
                onClick={() => onJump(offsetOf(checked.toml, line, column), finding.pointer)}
              >
                <Sign size={16} color={colour} aria-label={word} />
                <span>
                  {finding.message}
                  {finding.hint ? <span className="quiet"> – {finding.hint}</span> : null}
                </span>
                <span className="quiet">
                  {line}:{column}
                </span>
              </button>
              {meant === null ? null : (
                <button
                  type="button"
                  className={styles.mend}
                  disabled={onFix === null}
                  onClick={() => onFix?.(finding)}
                >
                  Write {meant}
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
