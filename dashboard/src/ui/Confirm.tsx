import { Modal, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { DialogForm } from "./DialogForm";

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** What will happen. */
  children: ReactNode;
  /** The button's word. */
  action: string;
  danger?: boolean;
  /** A name that has to be typed first. */
  typed?: string;
  run: () => Promise<unknown>;
}

/** A question before something that others will notice. */
export function Confirm(props: Props) {
  const { opened, onClose, title } = props;
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <Body {...props} />
    </Modal>
  );
}

function Body({ onClose, children, action, danger = false, typed, run }: Props) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const ready = typed === undefined || text === typed;

  const go = async () => {
    setBusy(true);
    setError(null);
    try {
      await run();
      onClose();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };

  return (
    <DialogForm
      action={action}
      leave="Keep it as it is"
      danger={danger}
      busy={busy}
      ready={ready}
      error={error}
      onSubmit={() => void go()}
      onClose={onClose}
    >
      <div>{children}</div>
      {typed === undefined ? null : (
        <TextInput
          label={
            <>
              Type <code>{typed}</code> to go on
            </>
          }
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
        />
      )}
    </DialogForm>
  );
}
