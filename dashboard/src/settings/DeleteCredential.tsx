import { Button, Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, write } from "../api/client";
import { ApiError } from "../api/problem";
import type { Credential } from "../api/types";
import { Confirm } from "../ui/Confirm";
import { tell } from "../ui/toast";
import { settings } from "./queries";
import { usersIn, type User } from "./rules";

interface Props {
  /** The key that is asked about; null where none is. */
  credential: Credential | null;
  onReplace: (credential: Credential) => void;
  onClose: () => void;
}

/** Deletes a key, unless something serves with it and would be left with none. */
export function DeleteCredential({ credential, onReplace, onClose }: Props) {
  const [users, setUsers] = useState<User[] | null>(null);
  const client = useQueryClient();
  if (credential === null) return null;
  const { id, provider, name, shown } = credential;
  const close = () => {
    setUsers(null);
    onClose();
  };
  const run = async () => {
    try {
      await write((key) =>
        api.DELETE("/api/provider-credentials/{id}", {
          params: { path: { id }, header: { "idempotency-key": key } },
        }),
      );
    } catch (error) {
      if (error instanceof ApiError) setUsers(usersIn(error));
      throw error;
    }
    await client.invalidateQueries({ queryKey: settings.credentials().queryKey });
    tell(`The key of ${provider} is gone.`);
  };
  if (users !== null) {
    const replace = () => {
      close();
      onReplace(credential);
    };
    return <InUse credential={credential} users={users} onReplace={replace} onClose={close} />;
  }
  return (
    <Confirm
      opened
      onClose={close}
      title={`Delete ${provider} ${name}?`}
      action="Delete it"
      danger
      typed={name}
      run={run}
    >
      The key <code>…{shown}</code> is forgotten here; the provider still knows it. What serves with it is
      brought another of its name, if there is one; if there is none, it stays.
    </Confirm>
  );
}

interface InUseProps {
  credential: Credential;
  users: User[];
  onReplace: () => void;
  onClose: () => void;
}

function InUse({ credential: { provider, name }, users, onReplace, onClose }: InUseProps) {
  return (
    <Modal opened onClose={onClose} title={`${provider} ${name} is in use`}>
      <div className="stack">
        <p>These serve with the key, and no other would take its place. It was not deleted.</p>
        <ul style={{ margin: 0, paddingLeft: 20 }} aria-label="Used by">
          {users.map(({ endpoint, environment }) => (
            <li key={`${endpoint} ${environment}`}>
              <Link to="/endpoints/$name" params={{ name: endpoint }} style={{ textDecoration: "underline" }}>
                {endpoint}
              </Link>{" "}
              in {environment}
            </li>
          ))}
        </ul>
        <p className="quiet">
          Replace the key, and they are brought the new one; or deploy them with another, and delete it then.
        </p>
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={onClose}>
            Keep it as it is
          </Button>
          <Button onClick={onReplace}>Replace the key</Button>
        </div>
      </div>
    </Modal>
  );
}
