import { Button, Modal } from "@mantine/core";
import { Code } from "../ui/Code";
import { SECOND_STEP } from "./words";

const WORDS = SECOND_STEP.codes;

/** Recovery codes, for the only time. Neither Esc nor a click beside the dialog may lose them. */
export function RecoveryCodes({ codes, onStored }: { codes: string[] | null; onStored: () => void }) {
  return (
    <Modal
      opened={codes !== null}
      onClose={() => undefined}
      closeOnEscape={false}
      closeOnClickOutside={false}
      withCloseButton={false}
      title={WORDS.title}
    >
      <div className="stack">
        <p>{WORDS.about}</p>
        <Code text={(codes ?? []).join("\n")} what="the recovery codes" />
        <Button onClick={onStored} style={{ alignSelf: "flex-end" }}>
          {WORDS.stored}
        </Button>
      </div>
    </Modal>
  );
}
