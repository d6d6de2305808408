import { Modal } from "@mantine/core";
import { textsOf, type Written } from "../content";
import { TextsPanel } from "../TextsPanel";
import { useTexts } from "../useTexts";

interface Props {
  /** The variant's letter. */
  name: string;
  /** Its text; null where none is edited. */
  now: Written | null;
  samples: Record<string, unknown>;
  onType: (to: Written) => void;
  onClose: () => void;
}

/** A variant's text, with more room than its column has. */
export function TextDialog({ name, now, samples, onType, onClose }: Props) {
  return (
    <Modal opened={now !== null} onClose={onClose} title={`Text of ${name}`} size={760}>
      {now === null ? null : <Body now={now} samples={samples} onType={onType} />}
    </Modal>
  );
}

function Body({ now, samples, onType }: { now: Written } & Pick<Props, "samples" | "onType">) {
  const check = useTexts(textsOf(now), samples);
  return <TextsPanel now={now} change={onType} check={check} />;
}
