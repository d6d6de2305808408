import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconLoader2,
  type Icon,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import styles from "./Badge.module.css";

export type Tone = "good" | "bad" | "warn" | "busy" | "plain";

const ICONS: Record<Tone, Icon> = {
  good: IconCircleCheck,
  bad: IconCircleX,
  warn: IconAlertTriangle,
  busy: IconLoader2,
  plain: IconCircleDashed,
};

/** A state: colour, icon and word, so that none of them has to be seen. */
export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  const Sign = ICONS[tone];
  return (
    <span className={`${styles.badge} ${styles[tone]}`}>
      <Sign size={13} stroke={2} aria-hidden />
      {children}
    </span>
  );
}
