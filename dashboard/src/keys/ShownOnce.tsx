import { Button, Modal } from "@mantine/core";
import { Code } from "../ui/Code";

/** A new key, for the only time. Neither Esc nor a click beside the dialog may lose it. */
export function ShownOnce({ secret, onStored }: { secret: string | null; onStored: () => void }) {
  return (
    <Modal
      opened={secret !== null}
      onClose={() => undefined}
      closeOnEscape={false}
      closeOnClickOutside={false}
      withCloseButton={false}
      title="Store this key now"
    >
      <div className="stack">
        <p>It is shown this once. What is kept here can check it and cannot show it.</p>
        <Code text={secret ?? ""} what="the key" wrap />
        <Button onClick={onStored} style={{ alignSelf: "flex-end" }}>
          I have stored it
        </Button>
      </div>
    </Modal>
  );
}
