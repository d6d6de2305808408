import { Button, Modal, MultiSelect, NativeSelect, Switch, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, write } from "../api/client";
import { messageOf } from "../api/problem";
import { queries } from "../api/queries";
import { expiry, LIFETIMES } from "./rules";
import "./NewKey.css";

interface Props {
  opened: boolean;
  onClose: () => void;
  onMade: (secret: string) => void;
}

export function NewKey({ opened, onClose, onMade }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="New API key">
      <Form onClose={onClose} onMade={onMade} />
    </Modal>
  );
}

function Form({ onClose, onMade }: Omit<Props, "opened">) {
  const [name, setName] = useState("");
  const [test, setTest] = useState(false);
  const [only, setOnly] = useState<string[]>([]);
  const [days, setDays] = useState("");
  const endpoints = useQuery(queries.endpoints());
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: () =>
      write((key) =>
        api.POST("/api/api-keys", {
          params: { header: { "idempotency-key": key } },
          body: { name, test, endpoints: only.length > 0 ? only : null, expires: expiry(days, Date.now()) },
        }),
      ),
    onSuccess: async ({ key }) => {
      onMade(key);
      onClose();
      await client.invalidateQueries({ queryKey: ["keys"] });
    },
  });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <TextInput
        label="Name"
        description="Who carries it, such as website"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={make.error ? messageOf(make.error) : undefined}
        autoComplete="off"
        required
        data-autofocus
      />
      <MultiSelect
        size="xs"
        label="Endpoints"
        description="None chosen means all, later ones too"
        data={endpoints.data?.items.map(({ name }) => name) ?? []}
        value={only}
        onChange={setOnly}
        searchable
      />
      <NativeSelect
        label="Ends"
        data={LIFETIMES}
        value={days}
        onChange={(event) => setDays(event.currentTarget.value)}
      />
      <Switch
        label="Test key: its calls are answered by the sandbox, at no cost"
        checked={test}
        onChange={(event) => setTest(event.currentTarget.checked)}
      />
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Button variant="default" onClick={onClose}>
          Not now
        </Button>
        <Button type="submit" loading={make.isPending} disabled={name.trim() === ""}>
          Make the key
        </Button>
      </div>
    </form>
  );
}
