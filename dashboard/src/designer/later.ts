/** The parts of an editor that come once it is seen. */
import type { CompletionSource } from "@codemirror/autocomplete";
import { Annotation, Compartment, type Extension } from "@codemirror/state";
import { gutter, type EditorView } from "@codemirror/view";
import type { Mark } from "./findings";

/** On a change that is taken back by itself, whatever was typed before it. */
export const step = Annotation.define<boolean>();

export class Later {
  private readonly place = new Compartment();
  private readonly loaded = import("./editorLater");
  readonly extension: Extension;

  constructor(
    private readonly complete: CompletionSource,
    private readonly gutters: boolean,
  ) {
    // The gutter of marks is there from the start, so that no text moves when they come.
    this.extension = this.place.of(gutters ? gutter({ class: "cm-gutter-lint" }) : []);
  }

  /** Gives them to a view. */
  async give(view: EditorView): Promise<void> {
    const { parts } = await this.loaded;
    const { complete, gutters } = this;
    view.dispatch({ effects: this.place.reconfigure(parts({ complete, gutters, step })) });
  }

  /** Shows what was found, unless the text is another one by then. */
  async mark(view: EditorView, marks: readonly Mark[]): Promise<void> {
    const { doc } = view.state;
    const { setDiagnostics } = await this.loaded;
    if (view.state.doc !== doc) return;
    const shown = marks
      .filter(({ to }) => to <= doc.length)
      .map(({ fix, ...mark }) => ({ ...mark, ...(fix === null ? {} : { actions: [replaceBy(fix)] }) }));
    view.dispatch(setDiagnostics(view.state, shown));
  }

  async turn(view: EditorView, back: boolean): Promise<void> {
    const { undo, redo } = await this.loaded;
    (back ? undo : redo)(view);
  }
}

const replaceBy = (word: string) => ({
  name: `Write ${word}`,
  apply: (view: EditorView, from: number, to: number) =>
    view.dispatch({ changes: { from, to, insert: word } }),
});
