import { useEffect, useLayoutEffect, useState, useSyncExternalStore, type RefObject } from "react";
import { tellTrouble } from "../ui/toast";
import type { EditorHandle } from "./Editor";
import { EditQueue, type Pending, type Ports } from "./edits";
import type { Json, Operation } from "./patch";
import { said } from "./form/rules";
import type { Check } from "./useCheck";

export interface Edits extends Pending {
  edit: (make: (doc: Json) => Operation[]) => void;
  /** Sends once more what could not be sent. */
  retry: () => void;
  undo: () => void;
  redo: () => void;
}

const NOWHERE: Ports = {
  text: () => null,
  check: () => Promise.reject(new Error("There is no text yet.")),
  write: () => undefined,
  refused: () => undefined,
};

/** Edits that do not come from the text's own editor: each becomes a patch, and the patch a change of the text. */
export function useEdits(editor: RefObject<EditorHandle | null>, check: Check): Edits {
  const [queue] = useState(() => new EditQueue(NOWHERE));
  const pending = useSyncExternalStore(queue.subscribe, queue.snapshot);

  useLayoutEffect(() => {
    queue.connect({
      text: () => editor.current?.text() ?? null,
      check: check.patched,
      write: (answer, again) => {
        check.take(answer);
        editor.current?.write(answer.toml, again);
      },
      refused: (finding) => tellTrouble("That could not be changed", new Error(said(finding))),
    });
  });
  useEffect(() => () => queue.stop(), [queue]);

  const { checked, current } = check;
  useEffect(() => {
    if (current && checked?.json !== undefined && checked.json !== null) queue.learn(checked.json as Json);
  }, [queue, checked, current]);

  return {
    ...pending,
    edit: queue.edit,
    retry: () => void queue.settled(),
    undo: () => void queue.settled().then(() => editor.current?.undo()),
    redo: () => void queue.settled().then(() => editor.current?.redo()),
  };
}
