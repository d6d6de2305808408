import type { TextPart } from "../api/types";
import styles from "./Studio.module.css";

/** A text in pieces, with what came and what went. */
export function Parts({ parts }: { parts: readonly TextPart[] }) {
  return (
    <div className={styles.diff}>
      {parts.map(({ change, text }, index) =>
        change === "same" ? (
          <span key={index}>{text}</span>
        ) : change === "added" ? (
          <ins key={index}>{text}</ins>
        ) : (
          <del key={index}>{text}</del>
        ),
      )}
    </div>
  );
}
