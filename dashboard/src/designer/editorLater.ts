/** What an editor can do without until somebody types into it. It comes as a chunk of its own. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  type CompletionSource,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { lintGutter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import type { AnnotationType, Extension } from "@codemirror/state";
import { keymap } from "@codemirror/view";

export { redo, undo } from "@codemirror/commands";
export { setDiagnostics } from "@codemirror/lint";

interface Wanted {
  complete: CompletionSource;
  /** Marks of what was found beside the lines. */
  gutters: boolean;
  /** What a change carries that is a step of its own. */
  step: AnnotationType<boolean>;
}

/** History, keys, completion, brackets, search; in an editor with gutters, marks there. */
export const parts = ({ complete, gutters, step }: Wanted): Extension => [
  history({ joinToEvent: (change, isAdjacent) => isAdjacent && change.annotation(step) !== true }),
  autocompletion({ override: [complete], icons: false }),
  bracketMatching(),
  closeBrackets(),
  keymap.of([
    ...closeBracketsKeymap,
    ...defaultKeymap,
    ...searchKeymap,
    ...historyKeymap,
    ...completionKeymap,
    ...lintKeymap,
    indentWithTab,
  ]),
  gutters ? [lintGutter(), highlightSelectionMatches()] : [],
];
