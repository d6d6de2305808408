import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Code } from "./Code";
import styles from "./Empty.module.css";

interface Props {
  icon: Icon;
  title: string;
  /** One sentence: what will be here. */
  children: ReactNode;
  /** One button. */
  action?: ReactNode;
  /** One command that comes to the same. */
  command?: string;
}

/** A page without anything on it yet teaches how something comes onto it. */
export function Empty({ icon: Sign, title, children, action, command }: Props) {
  return (
    <div className={styles.empty}>
      <span className={styles.sign}>
        <Sign size={22} aria-hidden />
      </span>
      <h2>{title}</h2>
      <p className={styles.words}>{children}</p>
      {action}
      {command ? (
        <div className={styles.command}>
          <p className="quiet small">Or in a terminal:</p>
          <Code text={command} what="command" />
        </div>
      ) : null}
    </div>
  );
}
