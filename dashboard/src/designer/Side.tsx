import { SegmentedControl } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import type { Checked } from "../api/types";
import { Badge } from "../ui/Badge";
import { Files } from "../ui/Files";
import { Rows } from "../ui/Rows";
import { Trouble } from "../ui/Trouble";
import type { FormActions } from "./form/useForm";
import { Summary } from "./Summary";
import type { Check } from "./useCheck";
import type { Edits } from "./useEdits";
import styles from "./Designer.module.css";

const Form = lazy(() => import("./form/Form").then(({ Form }) => ({ default: Form })));
const JsonTab = lazy(() => import("./JsonTab").then(({ JsonTab }) => ({ default: JsonTab })));

export type View = "form" | "json" | "summary" | "code";

const VIEWS: { value: View; label: string }[] = [
  { value: "form", label: "Form" },
  { value: "json", label: "JSON" },
  { value: "summary", label: "Summary" },
  { value: "code", label: "Rust" },
];

interface Props {
  view: View;
  onView: (view: View) => void;
  check: Check;
  edits: Edits;
  actions: FormActions;
  /** Whether it is saved under its name. */
  named: boolean;
  toml: string;
  onJump: (offset: number) => void;
}

/** The same definition in other coats: to edit in a form or in JSON, to read in words or in Rust. */
export function Side({ view, onView, check, edits, actions, named, toml, onJump }: Props) {
  const { plan, code } = useLastSound(check.checked);
  const old = check.checked !== null && !check.checked.plan;
  const sound = view === "summary" || view === "code";
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={styles.side} aria-label="Form and previews" tabIndex={0}>
      <div className={styles.tabs}>
        <SegmentedControl aria-label="View" data={VIEWS} value={view} onChange={(chosen) => onView(chosen)} />
        {sound && old && plan ? <Badge tone="warn">As before the errors</Badge> : null}
      </div>
      <div className={styles.inside}>
        {edits.busy && edits.error !== null ? (
          <Trouble what="Edits of the form wait" error={edits.error} retry={edits.retry} />
        ) : null}
        <Suspense fallback={<Rows count={6} />}>
          {view === "form" || view === "json" ? (
            edits.doc === null ? (
              <Unread checked={check.checked} locked={actions.locked} />
            ) : view === "form" ? (
              <Form
                doc={edits.doc}
                findings={check.checked?.findings ?? []}
                actions={actions}
                named={named}
                onUndo={edits.undo}
                onRedo={edits.redo}
              />
            ) : (
              <JsonTab edits={edits} locked={actions.locked} />
            )
          ) : view === "summary" ? (
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
        </Suspense>
      </div>
    </section>
  );
}

/** A text that could not be read since it was opened. */
function Unread({ checked, locked }: { checked: Checked | null; locked: string | null }) {
  return checked === null ? <Rows count={6} /> : <p className="quiet">{locked}</p>;
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
