import {
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleXFilled,
  IconLoader2,
  type Icon,
} from "@tabler/icons-react";
import { VisuallyHidden } from "@mantine/core";
import type { Deployment } from "../api/types";
import { span } from "../ui/format";
import { STAGE_ABOUT, STATUS } from "./status";
import { timeline, type State } from "./timeline";
import styles from "./DeploymentPage.module.css";

const SIGNS: Record<State, { icon: Icon; word: string }> = {
  done: { icon: IconCircleCheckFilled, word: "done" },
  now: { icon: IconLoader2, word: "under way" },
  failed: { icon: IconCircleXFilled, word: "failed" },
  ahead: { icon: IconCircleDashed, word: "to come" },
  skipped: { icon: IconCircleDashed, word: "not reached" },
};

/** The stages with their times; a bar shows each one's share. */
export function Timeline({ deployment }: { deployment: Deployment }) {
  const steps = timeline(deployment);
  const all = steps.reduce((sum, { ms }) => sum + (ms ?? 0), 0);
  return (
    <ol className={styles.stages} aria-label="Stages">
      {steps.map(({ stage, state, ms }) => {
        const { icon: Sign, word } = SIGNS[state];
        return (
          <li key={stage} className={styles.stage} data-state={state}>
            <span className={styles.head}>
              <Sign size={15} aria-hidden />
              {STATUS[stage].word}
              <VisuallyHidden>: {word}</VisuallyHidden>
            </span>
            <span className="quiet small">{ms === null ? STAGE_ABOUT[stage] : span(ms)}</span>
            <span className={styles.bar}>
              <span style={{ width: `${all > 0 ? ((ms ?? 0) / all) * 100 : 0}%` }} />
            </span>
          </li>
        );
      })}
    </ol>
  );
}
