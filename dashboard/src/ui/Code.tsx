import { Copy } from "./Copy";
import styles from "./Code.module.css";

interface Props {
  text: string;
  /** What it is, for those who hear the page and for the copy button. */
  what: string;
  wrap?: boolean;
  /** In pixels; longer texts scroll. */
  height?: number;
}

/** A text to read and to copy. It takes the focus, so that keys scroll it. */
export function Code({ text, what, wrap = false, height }: Props) {
  return (
    <div className={styles.block}>
      <pre
        className={wrap ? `${styles.text} ${styles.wrap}` : styles.text}
        style={{ maxHeight: height }}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="region"
        aria-label={what}
      >
        {text}
      </pre>
      <div className={styles.copy}>
        <Copy text={text} what={what} />
      </div>
    </div>
  );
}
