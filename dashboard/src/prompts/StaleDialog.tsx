import { Button, Modal } from "@mantine/core";
import type { PromptContent } from "../api/types";
import { Ago } from "../ui/Ago";
import { DiffView } from "./DiffView";
import type { Clash, Edit } from "./useEdit";

interface Props {
  name: string;
  edit: Edit;
  content: PromptContent;
  message: string;
}

/** Somebody else saved in the meantime: what they did, and whose is kept. Nothing is lost either way. */
export function StaleDialog({ name, edit, content, message }: Props) {
  const { clash } = edit;
  return (
    <Modal
      opened={clash !== null}
      onClose={() => edit.setClash(null)}
      title="Somebody else was quicker"
      size={720}
    >
      {clash ? <Body {...{ name, edit, content, message, clash }} /> : null}
    </Modal>
  );
}

function Body({ name, edit, content, message, clash: { current, etag } }: Props & { clash: Clash }) {
  const { base } = edit.begun;
  const next = current.version + 1;
  return (
    <div className="stack">
      {current.version === base ? (
        <p>Its description or its tags were changed; the text is still that of version {base}.</p>
      ) : (
        <>
          <p>
            Version {current.version} was saved {current.by ? `by ${current.by}, ` : ""}
            <Ago time={current.updated} />
            {current.message ? `: ${current.message}` : ""}. This is what it changed about version {base},
            which you began with:
          </p>
          <DiffView name={name} from={base} to={current.version} />
        </>
      )}
      <p className="quiet">Every version stays, so what is not taken now can be looked at later.</p>
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Button variant="default" onClick={() => edit.setClash(null)}>
          Go on writing
        </Button>
        <Button
          variant="default"
          onClick={() =>
            edit.restart({
              content: current.content ?? {},
              base: current.version,
              version: current.version,
              etag,
            })
          }
        >
          Take theirs, drop mine
        </Button>
        <Button loading={edit.busy} onClick={() => void edit.save(content, message, etag)}>
          Save mine as v{next}
        </Button>
      </div>
    </div>
  );
}
