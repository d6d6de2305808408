/** Jinja inside a definition's texts: its colours, and the names that it may use. */
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import {
  Decoration,
  MatchDecorator,
  ViewPlugin,
  type DecorationSet,
  type EditorView,
  type ViewUpdate,
} from "@codemirror/view";
import { requestFields } from "./names";

const matcher = new MatchDecorator({
  regexp: /\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}/g,
  decoration: Decoration.mark({ class: "cm-template" }),
});

export const templateColours = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = matcher.createDeco(view);
    }

    update(update: ViewUpdate) {
      this.decorations = matcher.updateDeco(update, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** After `{{` or `{% if`, the request's fields. */
export function completeFields(context: CompletionContext): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const opened = Math.max(before.lastIndexOf("{{"), before.lastIndexOf("{%"));
  if (opened < 0 || before.lastIndexOf("}}") > opened || before.lastIndexOf("%}") > opened) return null;
  const word = context.matchBefore(/\w*/);
  if (!word || (word.from === word.to && !context.explicit && !/[{%\s]$/.test(before))) return null;
  const options = requestFields(context.state.doc.toString()).map((label) => ({ label, type: "variable" }));
  return { from: word.from, options };
}
