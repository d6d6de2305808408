import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, StreamLanguage } from "@codemirror/language";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { useEffect, useEffectEvent, useRef } from "react";
import { appearance } from "./editorTheme";
import type { Mark } from "./findings";
import { completeFields, templateColours } from "./template";

export interface Jump {
  offset: number;
  /** A new one each time, so that the same place can be gone to twice. */
  nonce: number;
}

interface Props {
  /** What it begins with; later values are not looked at. */
  initial: string;
  onType: (text: string) => void;
  /** What was found in the text as it is now; null where that is not known yet. */
  marks: Mark[] | null;
  jump: Jump | null;
}

/** The definition as a text. Esc and then Tab leave it. */
export function Editor({ initial, onType, marks, jump }: Props) {
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const type = useEffectEvent(onType);
  const start = useEffectEvent(() => initial);

  useEffect(() => {
    if (!parent.current) return;
    const made = new EditorView({
      parent: parent.current,
      state: EditorState.create({ doc: start(), extensions: extensions((text) => type(text)) }),
    });
    view.current = made;
    return () => made.destroy();
  }, []);

  useEffect(() => {
    const { current } = view;
    if (!current || marks === null) return;
    const length = current.state.doc.length;
    const diagnostics = marks
      .filter(({ to }) => to <= length)
      .map(({ fix, ...mark }) => ({
        ...mark,
        ...(fix === null ? {} : { actions: [replaceBy(fix)] }),
      }));
    current.dispatch(setDiagnostics(current.state, diagnostics));
  }, [marks]);

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

const replaceBy = (word: string) => ({
  name: `Write ${word}`,
  apply: (view: EditorView, from: number, to: number) =>
    view.dispatch({ changes: { from, to, insert: word } }),
});

function extensions(onType: (text: string) => void) {
  return [
    lineNumbers(),
    lintGutter(),
    highlightActiveLineGutter(),
    history(),
    drawSelection(),
    bracketMatching(),
    closeBrackets(),
    autocompletion({ override: [completeFields], icons: false }),
    highlightActiveLine(),
    highlightSelectionMatches(),
    keymap.of([
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...completionKeymap,
      ...lintKeymap,
      indentWithTab,
    ]),
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
