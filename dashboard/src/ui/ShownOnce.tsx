import { Button, Modal } from "@mantine/core";
import { Code } from "./Code";

interface Props {
  secret: string | null;
  /** What it is, such as `key`. */
  what: string;
  onStored: () => void;
}

/** A new secret, for the only time. Neither Esc nor a click beside the dialog may lose it. */
export function ShownOnce({ secret, what, onStored }: Props) {
  return (
    <Modal
      opened={secret !== null}
      onClose={() => undefined}
      closeOnEscape={false}
      closeOnClickOutside={false}
      withCloseButton={false}
      title={`Store this ${what} now`}
    >
      <div className="stack">
        <p>It is shown this once. What is kept here can check it and cannot show it.</p>
        <Code text={secret ?? ""} what={`the ${what}`} wrap />
        <Button onClick={onStored} style={{ alignSelf: "flex-end" }}>
          I have stored it
        </Button>
      </div>
    </Modal>
  );
}
