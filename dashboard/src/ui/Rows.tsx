import { VisuallyHidden } from "@mantine/core";
import styles from "./Rows.module.css";

/** The shape of rows that are on their way; not shown for what comes at once. */
export function Rows({ count = 6 }: { count?: number }) {
  return (
    <div className={`panel ${styles.rows}`} role="status">
      <VisuallyHidden>Loading</VisuallyHidden>
      {Array.from({ length: count }, (_, index) => (
        <span key={index} className={styles.bar} />
      ))}
    </div>
  );
}
