import { StreamLanguage } from "@codemirror/language";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  lineNumbers,
} from "@codemirror/view";
import {
  useEffect,
  useEffectEvent,
  useImperativeHandle,
  useRef,
  useState,
  type Ref,
  type RefObject,
} from "react";
import { appearance } from "./editorTheme";
import type { Mark } from "./findings";
import { Later, step } from "./later";
import { changeBetween } from "./places";
import { completeFields, templateColours } from "./template";

export interface Jump {
  offset: number;
  /** A new one each time, so that the same place can be gone to twice. */
  nonce: number;
}

/** What others may do to the text, as its writer would. */
export interface EditorHandle {
  text: () => string;
  /** Changes what differs, as one step of its history; `again` joins it to the step before. */
  write: (text: string, again: boolean) => void;
  replace: (from: number, to: number, word: string) => void;
  undo: () => void;
  redo: () => void;
}

interface Props {
  ref?: Ref<EditorHandle>;
  /** What it begins with; later values are not looked at. */
  initial: string;
  onType: (text: string) => void;
  /** What was found in the text as it is now; null where that is not known yet. */
  marks: Mark[] | null;
  jump: Jump | null;
}

/** The definition as a text. Esc and then Tab leave it. */
export function Editor({ ref, initial, onType, marks, jump }: Props) {
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const [later] = useState(() => new Later(completeFields, true));
  const type = useEffectEvent(onType);
  const start = useEffectEvent(() => initial);

  useEffect(() => {
    if (!parent.current) return;
    const made = new EditorView({
      parent: parent.current,
      state: EditorState.create({ doc: start(), extensions: extensions(later, (text) => type(text)) }),
    });
    view.current = made;
    void later.give(made);
    return () => made.destroy();
  }, [later]);

  useImperativeHandle(ref, () => handle(view, later), [later]);

  useEffect(() => {
    const { current } = view;
    if (current && marks !== null) void later.mark(current, marks);
  }, [marks, later]);

  useEffect(() => {
    const { current } = view;
    if (!current || jump === null) return;
    const anchor = Math.min(jump.offset, current.state.doc.length);
    current.dispatch({
      selection: { anchor },
      effects: EditorView.scrollIntoView(anchor, { y: "center" }),
    });
    current.focus();
  }, [jump]);

  return <div ref={parent} style={{ height: "100%", minHeight: 0 }} />;
}

function handle(view: RefObject<EditorView | null>, later: Later): EditorHandle {
  const turn = (back: boolean) => {
    if (view.current) void later.turn(view.current, back);
  };
  return {
    text: () => view.current?.state.doc.toString() ?? "",
    write: (text, again) => {
      const { current } = view;
      if (!current) return;
      const changes = changeBetween(current.state.doc.toString(), text);
      if (changes === null) return;
      current.dispatch({
        changes,
        userEvent: "input.type",
        effects: EditorView.scrollIntoView(changes.from, { y: "nearest", yMargin: 40 }),
        annotations: again ? [] : [step.of(true)],
      });
    },
    replace: (from, to, insert) =>
      view.current?.dispatch({ changes: { from, to, insert }, userEvent: "input" }),
    undo: () => turn(true),
    redo: () => turn(false),
  };
}

function extensions(later: Later, onType: (text: string) => void) {
  return [
    lineNumbers(),
    later.extension,
    highlightActiveLineGutter(),
    drawSelection(),
    highlightActiveLine(),
    StreamLanguage.define(toml),
    templateColours,
    appearance,
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({
      "aria-label": "Definition in TOML",
      spellcheck: "false",
      tabindex: "0",
    }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) onType(update.state.doc.toString());
    }),
  ];
}
