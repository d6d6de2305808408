import { Modal, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, write } from "../api/client";
import { queries } from "../api/queries";
import type { Credential } from "../api/types";
import { plural } from "../ui/format";
import { tell } from "../ui/toast";
import { settings } from "./queries";
import { KEYED } from "./rules";
import { DialogForm } from "../ui/DialogForm";

export interface Asked {
  /** The key that gets another secret; null for a new one. */
  replaces: Credential | null;
}

/** Takes a key in. */
export function CredentialDialog({ asked, onClose }: { asked: Asked | null; onClose: () => void }) {
  return (
    <Modal
      opened={asked !== null}
      onClose={onClose}
      title={asked?.replaces ? `Replace the key of ${asked.replaces.provider}` : "Add a provider's key"}
    >
      {asked ? <Form replaces={asked.replaces} onClose={onClose} /> : null}
    </Modal>
  );
}

function Form({ replaces, onClose }: Asked & { onClose: () => void }) {
  const [provider, setProvider] = useState(replaces?.provider ?? "openai");
  const [name, setName] = useState(replaces?.name ?? "");
  const [environment, setEnvironment] = useState(replaces?.environment ?? "");
  const [secret, setSecret] = useState("");
  const environments = useQuery(queries.environments());
  const client = useQueryClient();
  const store = useMutation({
    mutationFn: () =>
      write((key) =>
        api.PUT("/api/provider-credentials", {
          params: { header: { "idempotency-key": key } },
          body: {
            provider: provider as never,
            name: name.trim() === "" ? null : name.trim(),
            environment: environment === "" ? null : environment,
            secret: secret.trim(),
          },
        }),
      ),
    onSuccess: async ({ deployments }) => {
      onClose();
      await client.invalidateQueries({ queryKey: settings.credentials().queryKey });
      tell(
        deployments.length === 0
          ? "The key is stored."
          : `The key is stored, and ${plural(deployments.length, "deployment")} bring it to what is live.`,
      );
    },
  });
  return (
    <DialogForm
      action="Store it"
      busy={store.isPending}
      ready={secret.trim() !== ""}
      error={store.error}
      onSubmit={() => store.mutate()}
      onClose={onClose}
    >
      <NativeSelect
        label="Provider"
        data={KEYED}
        value={provider}
        disabled={replaces !== null}
        onChange={(event) => setProvider(event.currentTarget.value)}
      />
      <TextInput
        label="Name"
        description="What definitions call it; default needs no naming"
        placeholder="default"
        value={name}
        disabled={replaces !== null}
        onChange={(event) => setName(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
      />
      <NativeSelect
        label="Environment"
        data={[
          { value: "", label: "all that have none of this name" },
          ...(environments.data?.items ?? []).map(({ name }) => name),
        ]}
        value={environment}
        disabled={replaces !== null}
        onChange={(event) => setEnvironment(event.currentTarget.value)}
      />
      <TextInput
        label="Key"
        description="Kept sealed, and never shown again"
        type="password"
        value={secret}
        onChange={(event) => setSecret(event.currentTarget.value)}
        autoComplete="off"
        required
        data-autofocus
      />
    </DialogForm>
  );
}
