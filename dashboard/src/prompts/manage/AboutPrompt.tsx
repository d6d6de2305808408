import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { StoredPrompt } from "../../api/types";
import { useWritable } from "../../organization/useWritable";
import { Failure } from "../../ui/Failure";
import { wordsOf } from "../rules";
import { useManage } from "./useManage";

interface Props {
  prompt: StoredPrompt;
  /** What a change of it says that it saw. */
  etag: string;
}

/** What a prompt is for and the words it is found by, changed where they stand. */
export function AboutPrompt({ prompt, etag }: Props) {
  const [editing, setEditing] = useState(false);
  const blocked = useWritable("PATCH /api/prompts/{name}");
  if (editing) return <Form prompt={prompt} etag={etag} onDone={() => setEditing(false)} />;
  const { description, tags } = prompt;
  return (
    <div className="row">
      <span>{description === "" ? "No description" : description}</span>
      {tags.map((tag) => (
        <Link key={tag} to="/prompts" search={{ tag }} className="small">
          {tag}
        </Link>
      ))}
      <ActionIcon
        size="sm"
        disabled={blocked !== null}
        aria-label="Edit description and tags"
        title={blocked ?? "Edit description and tags"}
        onClick={() => setEditing(true)}
      >
        <IconPencil size={15} />
      </ActionIcon>
    </div>
  );
}

function Form({ prompt: { name, ...now }, etag, onDone }: Props & { onDone: () => void }) {
  const [description, setDescription] = useState(now.description);
  const [tags, setTags] = useState(now.tags.join(", "));
  const { describe } = useManage();
  const save = useMutation({
    mutationFn: () => describe(name, { description: description.trim(), tags: wordsOf(tags) }, etag),
    onSuccess: onDone,
  });
  return (
    <form
      className="row"
      aria-label="Description and tags"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <TextInput
        aria-label="Description"
        placeholder="What it is for"
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
        w={340}
        maw="100%"
        // It was just asked for.
        ref={(input) => input?.focus()}
      />
      <TextInput
        aria-label="Tags"
        placeholder="Tags, with commas between them"
        value={tags}
        onChange={(event) => setTags(event.currentTarget.value)}
        w={220}
        maw="100%"
      />
      <Button type="submit" loading={save.isPending}>
        Save
      </Button>
      <Button variant="default" onClick={onDone}>
        Leave it
      </Button>
      <Failure error={save.error} />
    </form>
  );
}
