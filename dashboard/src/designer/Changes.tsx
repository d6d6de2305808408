import { unifiedMergeView } from "@codemirror/merge";
import { StreamLanguage } from "@codemirror/language";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { appearance } from "./editorTheme";

/** What a text changes about another one. */
export function Changes({ before, after }: { before: string; after: string }) {
  const parent = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!parent.current) return;
    const view = new EditorView({
      parent: parent.current,
      state: EditorState.create({
        doc: after,
        extensions: [
          EditorState.readOnly.of(true),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": "Changes to the definition", tabindex: "0" }),
          StreamLanguage.define(toml),
          unifiedMergeView({
            original: before,
            mergeControls: false,
            collapseUnchanged: { margin: 2, minSize: 4 },
          }),
          appearance,
        ],
      }),
    });
    return () => view.destroy();
  }, [before, after]);
  return <div ref={parent} style={{ maxHeight: 320, overflow: "auto" }} />;
}
