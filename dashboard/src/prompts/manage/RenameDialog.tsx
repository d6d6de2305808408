import { Modal, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "../../api/problem";
import { DialogForm } from "../../ui/DialogForm";
import type { Seen } from "../change";
import { keysIn, usersIn } from "../rules";
import { WORDS } from "../words";
import { useManage } from "./useManage";
import { EndpointList, Names } from "./Users";

/** Asks for the new name; and once more where others say the one that it has. */
export function RenameDialog({ prompt, etag, onClose }: Seen & { onClose: () => void }) {
  // The page goes along while the dialog is still open.
  const [{ name }] = useState(prompt);
  const [next, setNext] = useState(name);
  const { rename } = useManage();
  const go = useMutation({
    mutationFn: (force: boolean) => rename(name, next.trim(), etag, force),
    onSuccess: onClose,
  });
  const refused = go.error instanceof ApiError ? go.error : null;
  const [users, keys] = refused ? [usersIn(refused), keysIn(refused)] : [[], []];
  const used = users.length > 0 || keys.length > 0;
  return (
    <Modal opened onClose={onClose} title={`Rename ${name}`}>
      <DialogForm
        action={used ? "Rename it all the same" : "Rename it"}
        leave="Keep it as it is"
        busy={go.isPending}
        ready={next.trim() !== "" && next.trim() !== name}
        error={used ? null : go.error}
        onSubmit={() => go.mutate(used)}
        onClose={onClose}
      >
        <TextInput
          label="Name"
          description={WORDS.naming}
          value={next}
          maxLength={128}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            setNext(event.currentTarget.value);
            go.reset();
          }}
          required
          data-autofocus
        />
        {used ? (
          <div className="stack close" role="alert">
            {users.length > 0 ? (
              <>
                <p>{WORDS.renamed.endpoints}</p>
                <EndpointList names={users} />
              </>
            ) : null}
            {keys.length > 0 ? (
              <>
                <p>{WORDS.renamed.keys}</p>
                <Names label="API keys" names={keys} />
              </>
            ) : null}
          </div>
        ) : (
          <p className="quiet">{WORDS.renamed.about}</p>
        )}
      </DialogForm>
    </Modal>
  );
}
