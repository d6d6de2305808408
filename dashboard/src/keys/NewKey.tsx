import { Modal, MultiSelect, Switch } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, write } from "../api/client";
import { queries } from "../api/queries";
import { Issue } from "./Issue";
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
  const [test, setTest] = useState(false);
  const [only, setOnly] = useState<string[]>([]);
  const endpoints = useQuery(queries.endpoints());
  const client = useQueryClient();
  const make = async (name: string, expires: string | null) => {
    const { key } = await write((key) =>
      api.POST("/api/api-keys", {
        params: { header: { "idempotency-key": key } },
        body: { name, test, endpoints: only.length > 0 ? only : null, expires },
      }),
    );
    await client.invalidateQueries({ queryKey: ["keys"] });
    return key;
  };
  return (
    <Issue
      what="key"
      about="Who carries it, such as website"
      days=""
      make={make}
      onClose={onClose}
      onMade={onMade}
    >
      <MultiSelect
        size="xs"
        label="Endpoints"
        description="None chosen means all, later ones too"
        data={endpoints.data?.items.map(({ name }) => name) ?? []}
        value={only}
        onChange={setOnly}
        searchable
      />
      <Switch
        label="Test key: its calls are answered by the sandbox, at no cost"
        checked={test}
        onChange={(event) => setTest(event.currentTarget.checked)}
      />
    </Issue>
  );
}
