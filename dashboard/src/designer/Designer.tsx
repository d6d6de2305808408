import { Button, SegmentedControl } from "@mantine/core";
import {
  lazy,
  Suspense,
  useCallback,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type RefObject,
} from "react";
import type { Endpoint, Finding } from "../api/types";
import { useOrganization } from "../organization/useOrganization";
import { useWritable } from "../organization/useWritable";
import { Badge } from "../ui/Badge";
import { Rows } from "../ui/Rows";
import { Trouble } from "../ui/Trouble";
import { DeployDialog } from "./DeployDialog";
import type { CheckedText } from "./edits";
import type { EditorHandle, Jump } from "./Editor";
import { fixOf, hasErrors, isOfAWord, lockedBy, marks, verdict } from "./findings";
import { reveal } from "./form/reveal";
import type { FormActions } from "./form/useForm";
import { Notes } from "./Notes";
import { put } from "./patch";
import { offsetOf, wordAt } from "./places";
import { Problems } from "./Problems";
import { Side, type View } from "./Side";
import { useCheck, type Check } from "./useCheck";
import { useDraft } from "./useDraft";
import { useEdits } from "./useEdits";
import styles from "./Designer.module.css";

const Editor = lazy(() => import("./Editor").then(({ Editor }) => ({ default: Editor })));

interface Props {
  /** What the text is called: its file in findings, its drafts in this browser. */
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
export function Designer(props: Props) {
  const { known, slug } = useOrganization();
  // Drafts are the organization's: it has to be known before one is looked for.
  if (!known) return <Rows />;
  return <Opened {...props} draft={`${slug ?? "-"}/${props.name}`} />;
}

function Opened({ name, title, endpoint, toml, at, draft }: Props & { draft: string }) {
  const editing = useDraft(draft, { toml, version: endpoint?.version ?? null });
  const [view, setView] = useState<View>("form");
  const [pane, setPane] = useState<"text" | "side">("text");
  const [deploying, setDeploying] = useState(false);
  const [jump, setJump] = useState<Jump | null>(
    at === undefined ? null : { offset: offsetOf(editing.initial, at, 1), nonce: 0 },
  );
  const editor = useRef<EditorHandle>(null);
  const check = useCheck(`${name}.toml`, editing.toml, view === "code");
  const edits = useEdits(editor, check);
  const { checked, current } = check;
  const found = useMemo(
    () => (checked && current ? marks(checked.toml, checked.findings) : null),
    [checked, current],
  );
  const blocked = useWritable("POST /api/deployments");
  const settled = current && !edits.busy;
  const ready = settled && checked !== null && !hasErrors(checked.findings);

  const jumpTo = (offset: number, pointer = "") => {
    const inForm = view === "form" && pointer !== "";
    if (inForm) reveal(pointer, pane === "side");
    if (inForm && pane === "side") return;
    setPane("text");
    setJump((before) => ({ offset, nonce: (before?.nonce ?? 0) + 1 }));
  };
  const locked = lockedBy(checked);
  const { edit } = edits;
  const fix = useFix(editor, settled ? checked : null, edit);
  const actions = useMemo<FormActions>(() => ({ edit, fix, locked }), [edit, fix, locked]);
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
          <Verdict check={check} settled={settled} />
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
            { value: "text", label: "Text" },
            { value: "side", label: "Form and previews" },
          ]}
          value={pane}
          onChange={(chosen) => setPane(chosen)}
        />
      </div>
      <div className={styles.editor}>
        <Suspense>
          <Editor
            ref={editor}
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
        <Problems checked={checked} onJump={jumpTo} onFix={settled ? actions.fix : null} />
      )}
      <Side
        view={view}
        onView={setView}
        check={check}
        edits={edits}
        actions={actions}
        named={endpoint !== null}
        toml={editing.toml}
        onJump={jumpTo}
      />
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

function Verdict({ check: { checked, error }, settled }: { check: Check; settled: boolean }) {
  if (error) return <Badge tone="warn">Not checked</Badge>;
  if (!checked || !settled) return <Badge tone="busy">Checking</Badge>;
  const { tone, words } = verdict(checked.findings);
  return <Badge tone={tone}>{words}</Badge>;
}

function keptWhere(changed: boolean, kept: boolean, base: number | null): string {
  const from = base === null ? "" : ` from v${base}`;
  if (!changed) return base === null ? "" : `No change${from}`;
  return kept ? `Changed${from}, kept in this browser` : `Changed${from}, and this browser keeps nothing`;
}

/** Writes what a finding says was meant: a word in the text that it is about, or a value. */
function useFix(
  editor: RefObject<EditorHandle | null>,
  checked: CheckedText | null,
  edit: FormActions["edit"],
) {
  const latest = useRef(checked);
  useLayoutEffect(() => {
    latest.current = checked;
  });
  return useCallback(
    (finding: Finding) => {
      const word = fixOf(finding);
      const toml = latest.current?.toml;
      if (toml === undefined || word === null || !finding.location) return;
      if (!isOfAWord(finding)) {
        edit((doc) => put(doc, finding.pointer, word));
        return;
      }
      const { line, column } = finding.location;
      const place = wordAt(toml, offsetOf(toml, line, column));
      editor.current?.replace(place.from, place.to, word);
    },
    [editor, edit],
  );
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
