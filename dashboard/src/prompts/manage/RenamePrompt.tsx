import { Button } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useWritable } from "../../organization/useWritable";
import type { Seen } from "../change";

const RenameDialog = lazy(() =>
  import("./RenameDialog").then(({ RenameDialog }) => ({ default: RenameDialog })),
);

/** A button that gives a prompt another name. */
export function RenamePrompt(seen: Seen) {
  const [asked, setAsked] = useState(false);
  const blocked = useWritable("PATCH /api/prompts/{name}");
  return (
    <>
      <Button
        variant="default"
        disabled={blocked !== null}
        title={blocked ?? ""}
        aria-label="Rename this prompt"
        onClick={() => setAsked(true)}
      >
        Rename
      </Button>
      <Suspense>{asked ? <RenameDialog {...seen} onClose={() => setAsked(false)} /> : null}</Suspense>
    </>
  );
}
