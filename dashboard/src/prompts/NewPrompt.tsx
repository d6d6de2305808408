import { Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, write } from "../api/client";
import { prompts } from "./queries";
import { wordsOf } from "./rules";
import { WORDS } from "./words";
import { DialogForm } from "../ui/DialogForm";

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** A name for a new prompt; its text is written in the Studio. */
export function NewPrompt({ opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="New prompt">
      <Form onClose={onClose} />
    </Modal>
  );
}

function Form({ onClose }: Pick<Props, "onClose">) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [tags, setTags] = useState("");
  const navigate = useNavigate();
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: () =>
      write((key) =>
        api.POST("/api/prompts", {
          params: { header: { "idempotency-key": key } },
          body: {
            name: name.trim(),
            description: description.trim(),
            tags: wordsOf(tags),
            content: {
              prompt: { template: WORDS.first },
              model: { provider: "sandbox", name: "echo" },
              values: { question: "What is a prompt?" },
            },
          },
        }),
      ),
    onSuccess: async (made) => {
      await navigate({ to: "/prompts/$name", params: { name: made.name } });
      void client.invalidateQueries({ queryKey: prompts.named().queryKey });
      void client.invalidateQueries({ queryKey: ["prompts", "list"] });
    },
  });
  return (
    <DialogForm
      action="Make it"
      busy={make.isPending}
      leave="Not yet"
      ready={name.trim() !== ""}
      error={make.error}
      onSubmit={() => make.mutate()}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        description={WORDS.naming}
        value={name}
        maxLength={128}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setName(event.currentTarget.value)}
        required
        data-autofocus
      />
      <TextInput
        label="Description"
        description="One line for people who look for it; may be left out"
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <TextInput
        label="Tags"
        description="Words to find it by, with commas between them; may be left out"
        value={tags}
        onChange={(event) => setTags(event.currentTarget.value)}
      />
    </DialogForm>
  );
}
