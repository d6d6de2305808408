import { Button, SegmentedControl } from "@mantine/core";
import { lazy, Suspense, useEffect, useEffectEvent, useMemo, useState } from "react";
import type { Endpoint } from "../api/types";
import { useWritable } from "../organization/useWritable";
import { Badge } from "../ui/Badge";
import { Trouble } from "../ui/Trouble";
import { DeployDialog } from "./DeployDialog";
import type { Jump } from "./Editor";
import { hasErrors, marks, verdict } from "./findings";
import { Notes } from "./Notes";
import { offsetOf } from "./places";
import { Problems } from "./Problems";
import { Side, type View } from "./Side";
import { useCheck, type Check } from "./useCheck";
import { useDraft } from "./useDraft";
import styles from "./Designer.module.css";

const Editor = lazy(() => import("./Editor").then(({ Editor }) => ({ default: Editor })));

interface Props {
  /** What drafts are kept under. */
  name: string;
  title: string;
  /** What is saved; null where nothing is. */
  endpoint: Endpoint | null;
  /** The text to begin with. */
  toml: string;
  /** A line to go to. */
  at?: number | undefined;
}

/** A definition, written and checked as it is written; its preview; and the way to its URL. */
export function Designer({ name, title, endpoint, toml, at }: Props) {
  const editing = useDraft(name, { toml, version: endpoint?.version ?? null });
  const [view, setView] = useState<View>("summary");
  const [pane, setPane] = useState<"text" | "side">("text");
  const [deploying, setDeploying] = useState(false);
  const [jump, setJump] = useState<Jump | null>(
    at === undefined ? null : { offset: offsetOf(editing.initial, at, 1), nonce: 0 },
  );
  const check = useCheck(`${name}.toml`, editing.toml, view === "code");
  const { checked, current } = check;
  const found = useMemo(
    () => (checked && current ? marks(checked.toml, checked.findings) : null),
    [checked, current],
  );
  const blocked = useWritable("POST /api/deployments");
  const ready = current && checked !== null && !hasErrors(checked.findings);

  const jumpTo = (offset: number) => {
    setPane("text");
    setJump((before) => ({ offset, nonce: (before?.nonce ?? 0) + 1 }));
  };
  useDeployKey(() => {
    if (ready && blocked === null) setDeploying(true);
  });

  return (
    <div className={styles.designer} data-pane={pane}>
      <div className={styles.bar}>
        <div className="row">
          <h1 tabIndex={-1} id="title">
            {title}
          </h1>
          <Verdict check={check} />
          <span className="quiet small">{keptWhere(editing.changed, editing.kept, editing.base)}</span>
        </div>
        <div className="row">
          <kbd className={styles.key}>⌘ ⇧ D</kbd>
          <Button
            disabled={!ready || blocked !== null}
            title={blocked ?? (ready ? "" : "There are errors to mend first")}
            onClick={() => setDeploying(true)}
          >
            Deploy
          </Button>
        </div>
      </div>
      <div className={styles.notes}>
        <Notes editing={editing} endpoint={endpoint} />
      </div>
      <div className={styles.switch}>
        <SegmentedControl
          fullWidth
          aria-label="What to show"
          data={[
            { value: "text", label: "Definition" },
            { value: "side", label: "Preview" },
          ]}
          value={pane}
          onChange={(chosen) => setPane(chosen)}
        />
      </div>
      <div className={styles.editor}>
        <Suspense>
          <Editor
            key={editing.round}
            initial={editing.initial}
            onType={editing.type}
            marks={found}
            jump={jump}
          />
        </Suspense>
      </div>
      {check.error && !checked ? (
        <div className={styles.problems}>
          <Trouble what="It could not be checked" error={check.error} retry={check.retry} />
        </div>
      ) : (
        <Problems checked={checked} onJump={jumpTo} />
      )}
      <Side view={view} onView={setView} check={check} toml={editing.toml} onJump={jumpTo} />
      <DeployDialog
        opened={deploying}
        onClose={() => setDeploying(false)}
        endpoint={endpoint}
        checked={checked}
        file={`${name}.toml`}
        onDeployed={editing.done}
      />
    </div>
  );
}

function Verdict({ check: { checked, current, error } }: { check: Check }) {
  if (error) return <Badge tone="warn">Not checked</Badge>;
  if (!checked || !current) return <Badge tone="busy">Checking</Badge>;
  const { tone, words } = verdict(checked.findings);
  return <Badge tone={tone}>{words}</Badge>;
}

function keptWhere(changed: boolean, kept: boolean, base: number | null): string {
  const from = base === null ? "" : ` from v${base}`;
  if (!changed) return base === null ? "" : `No change${from}`;
  return kept ? `Changed${from}, kept in this browser` : `Changed${from}, and this browser keeps nothing`;
}

function useDeployKey(deploy: () => void): void {
  const run = useEffectEvent(deploy);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.metaKey || event.ctrlKey) || !event.shiftKey || event.key.toLowerCase() !== "d") return;
      event.preventDefault();
      run();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}
