import { Button } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useWritable } from "../../organization/useWritable";

const DeleteQuestion = lazy(() =>
  import("./DeleteQuestion").then(({ DeleteQuestion }) => ({ default: DeleteQuestion })),
);

/** A button that deletes a prompt, once it is known who uses it. */
export function DeletePrompt({ name }: { name: string }) {
  const [asked, setAsked] = useState(false);
  const blocked = useWritable("DELETE /api/prompts/{name}");
  return (
    <>
      <Button
        variant="default"
        disabled={blocked !== null}
        title={blocked ?? ""}
        aria-label="Delete this prompt"
        onClick={() => setAsked(true)}
      >
        Delete
      </Button>
      <Suspense>{asked ? <DeleteQuestion name={name} onClose={() => setAsked(false)} /> : null}</Suspense>
    </>
  );
}
