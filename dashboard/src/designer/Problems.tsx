import { IconAlertTriangle, IconCircleX, IconInfoCircle } from "@tabler/icons-react";
import type { Checked, Finding } from "../api/types";
import { offsetOf } from "./places";
import styles from "./Designer.module.css";

const SIGNS: Record<Finding["severity"], { icon: typeof IconCircleX; colour: string; word: string }> = {
  error: { icon: IconCircleX, colour: "var(--bad)", word: "Error" },
  warning: { icon: IconAlertTriangle, colour: "var(--warn)", word: "Warning" },
  unchecked: { icon: IconInfoCircle, colour: "var(--text-quiet)", word: "Not checked" },
};

interface Props {
  checked: (Checked & { toml: string }) | null;
  onJump: (offset: number) => void;
}

/** What the check found; each leads to its place. */
export function Problems({ checked, onJump }: Props) {
  if (!checked || checked.findings.length === 0) return null;
  return (
    <section className={styles.problems} aria-label="Problems">
      <ul>
        {checked.findings.map((finding, index) => {
          const { icon: Sign, colour, word } = SIGNS[finding.severity];
          const { line, column } = finding.location ?? { line: 1, column: 1 };
          return (
            <li key={index}>
              <button
                type="button"
                className={styles.problem}
                onClick={() => onJump(offsetOf(checked.toml, line, column))}
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
            </li>
          );
        })}
      </ul>
    </section>
  );
}
