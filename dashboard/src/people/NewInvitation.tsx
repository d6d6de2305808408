import { Button, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, write } from "../api/client";
import { messageOf } from "../api/problem";
import type { Role } from "../api/types";
import { useOrganization } from "../organization/useOrganization";
import { Code } from "../ui/Code";
import { people } from "./queries";
import { choices } from "./roles";
import { DialogForm } from "../ui/DialogForm";

interface Props {
  organization: string;
  opened: boolean;
  onClose: () => void;
}

/** Asks whom to invite as what, and shows the link. */
export function NewInvitation({ opened, onClose, organization }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="Invite somebody">
      <Form organization={organization} onClose={onClose} />
    </Modal>
  );
}

function Form({ organization, onClose }: Omit<Props, "opened">) {
  const { role: own } = useOrganization();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("developer");
  const client = useQueryClient();
  const invite = useMutation({
    mutationFn: () =>
      write((key) =>
        api.POST("/api/organizations/{organization}/invitations", {
          params: { path: { organization }, header: { "idempotency-key": key } },
          body: { role, email: email.trim() === "" ? null : email.trim() },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: people.invitations(organization).queryKey }),
  });
  if (invite.data) {
    return (
      <div className="stack">
        <p>
          {invite.data.mailed
            ? `This link was sent to ${invite.data.email ?? "them"}, too`
            : "Hand on this link"}
          : it is good once, for a week, and shown here only now
          {invite.data.email && !invite.data.mailed ? `, for ${invite.data.email}` : ""}.
        </p>
        <Code text={invite.data.url} what="the link" wrap />
        <Button onClick={onClose} style={{ alignSelf: "flex-end" }}>
          Done
        </Button>
      </div>
    );
  }
  return (
    <DialogForm
      action="Make the link"
      busy={invite.isPending}
      onSubmit={() => invite.mutate()}
      onClose={onClose}
    >
      <TextInput
        label="E-mail"
        description="Left empty, the link is good for whoever has it"
        type="email"
        autoComplete="off"
        value={email}
        error={invite.error ? messageOf(invite.error) : undefined}
        onChange={(event) => setEmail(event.currentTarget.value)}
        data-autofocus
      />
      <NativeSelect
        label="Role"
        data={choices(own)}
        value={role}
        onChange={(event) => setRole(event.currentTarget.value as Role)}
      />
    </DialogForm>
  );
}
