import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { Checked } from "../api/types";
import { Badge } from "../ui/Badge";
import { Files } from "../ui/Files";
import { Rows } from "../ui/Rows";
import { Summary } from "./Summary";
import type { Check } from "./useCheck";
import styles from "./Designer.module.css";

export type View = "summary" | "code";

interface Props {
  view: View;
  onView: (view: View) => void;
  check: Check;
  toml: string;
  onJump: (offset: number) => void;
}

/** What the text comes to: in words, or in Rust. Read only, so that comments and order are nobody's but the text's. */
export function Side({ view, onView, check, toml, onJump }: Props) {
  const { plan, code } = useLastSound(check.checked);
  const old = check.checked !== null && !check.checked.plan;
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={styles.side} aria-label="Preview" tabIndex={0}>
      <div className={styles.tabs}>
        <SegmentedControl
          aria-label="Preview"
          data={[
            { value: "summary", label: "Summary" },
            { value: "code", label: "Rust" },
          ]}
          value={view}
          onChange={(chosen) => onView(chosen)}
        />
        {old && plan ? <Badge tone="warn">As before the errors</Badge> : null}
      </div>
      <div className={styles.inside}>
        {view === "summary" ? (
          plan ? (
            <Summary plan={plan} toml={toml} onJump={onJump} />
          ) : (
            <Nothing checked={check.checked} />
          )
        ) : code ? (
          <Files files={code} />
        ) : (
          <Nothing checked={check.checked} />
        )}
      </div>
    </section>
  );
}

function Nothing({ checked }: { checked: Checked | null }) {
  return checked === null || checked.plan ? (
    <Rows count={4} />
  ) : (
    <p className="quiet">Mend the errors, and what the definition comes to is shown here.</p>
  );
}

interface Sound {
  plan: Checked["plan"];
  code: Checked["code"];
}

/** What the last text without errors came to: a half-typed word does not empty the page. */
function useLastSound(checked: Checked | null): Sound {
  const [last, setLast] = useState<Sound>({ plan: null, code: null });
  if (checked?.plan && (checked.plan !== last.plan || (checked.code ?? last.code) !== last.code)) {
    setLast({ plan: checked.plan, code: checked.code ?? last.code });
  }
  return last;
}
