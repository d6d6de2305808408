import { useState, type ReactNode } from "react";
import { troubled } from "./rules";
import { useFindings } from "./useForm";
import styles from "./Form.module.css";

interface Props {
  title: string;
  /** What is in it, in a few words. */
  beside?: ReactNode;
  /** Where errors are marked, though it be closed. */
  pointers: readonly string[];
  children: ReactNode;
}

/** What is seldom looked at. Closed, it costs nothing. */
export function More({ title, beside, pointers, children }: Props) {
  const [open, setOpen] = useState(false);
  const findings = useFindings();
  const wrong = pointers.some((pointer) => troubled(findings, pointer));
  return (
    <details
      className={styles.more}
      data-pointers={pointers.join(" ")}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <span>{title}</span>
        <span className="quiet small">{beside}</span>
        {wrong ? <span className={styles.wrong}>error</span> : null}
      </summary>
      {open ? <div className={styles.inner}>{children}</div> : null}
    </details>
  );
}
