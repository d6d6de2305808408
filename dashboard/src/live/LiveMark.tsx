import { VisuallyHidden } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useLive, type Live } from "./state";
import { useFollow } from "./useFollow";
import { WORDS } from "./words";
import styles from "./LiveMark.module.css";

/** Whether what is seen is as it is now: a dot while it is, and a word while it may not be. */
export function LiveMark() {
  useFollow();
  const now = useLive();
  return (
    <span role="status" className={styles.mark} data-live={now} title={WORDS.hints[now]}>
      <Sign now={now} />
    </span>
  );
}

function Sign({ now }: { now: Live }) {
  if (now === "off" || now === "connecting") return null;
  if (now === "live") {
    return (
      <>
        <span className={styles.dot} aria-hidden />
        <VisuallyHidden>{WORDS.live}</VisuallyHidden>
      </>
    );
  }
  return (
    <>
      <IconRefresh size={14} aria-hidden />
      <span className={styles.word}>{WORDS.lost}</span>
    </>
  );
}
