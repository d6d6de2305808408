import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, keymap } from "@codemirror/view";
import { useEffect, useEffectEvent, useRef } from "react";
import { appearance } from "../designer/editorTheme";
import type { Mark } from "../designer/findings";
import { Later } from "../designer/later";
import { templateColours } from "../designer/template";

interface Props {
  /** What it is, for those who hear the page. */
  label: string;
  /** What it begins with; later values are not looked at. */
  initial: string;
  onType: (text: string) => void;
  /** What was found in the text as it is now; null where that is not known yet. */
  marks: Mark[] | null;
  /** Variables of all texts, to be completed. */
  names: readonly string[];
}

/** One of a prompt's texts. Esc and then Tab leave it. */
export function TextEditor({ label, initial, onType, marks, names }: Props) {
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const later = useRef<Later>(null);
  const type = useEffectEvent(onType);
  const complete = useEffectEvent((context: CompletionContext) => completeNames(context, names));
  const begin = useEffectEvent(() => ({ doc: initial, label }));

  useEffect(() => {
    if (!parent.current) return;
    const { doc, label } = begin();
    const parts = new Later((context) => complete(context), false);
    const extensions = [
      parts.extension,
      ...common,
      EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "true", tabindex: "0" }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) type(update.state.doc.toString());
      }),
    ];
    const made = new EditorView({
      parent: parent.current,
      state: EditorState.create({ doc, extensions }),
    });
    view.current = made;
    later.current = parts;
    void parts.give(made);
    return () => made.destroy();
  }, []);

  useEffect(() => {
    const { current } = view;
    if (current && marks !== null) void later.current?.mark(current, marks);
  }, [marks]);

  return <div ref={parent} />;
}

const grows = EditorView.theme({
  "&": { height: "auto" },
  ".cm-content": { minHeight: "3.2em", padding: "10px 0" },
  ".cm-line": { padding: "0 14px" },
});

const common = [
  // The page runs and saves on these; the editor must not write a line.
  Prec.highest(keymap.of(["Mod-Enter", "Mod-s"].map((key) => ({ key, run: () => true })))),
  drawSelection(),
  templateColours,
  appearance,
  grows,
  EditorView.lineWrapping,
];

/** After `{{` or `{% if`, the variables that there are. */
function completeNames(context: CompletionContext, names: readonly string[]): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const opened = Math.max(before.lastIndexOf("{{"), before.lastIndexOf("{%"));
  if (opened < 0 || before.lastIndexOf("}}") > opened || before.lastIndexOf("%}") > opened) return null;
  const word = context.matchBefore(/\w*/);
  if (!word || (word.from === word.to && !context.explicit && !/[{%\s]$/.test(before))) return null;
  return { from: word.from, options: names.map((label) => ({ label, type: "variable" })) };
}
