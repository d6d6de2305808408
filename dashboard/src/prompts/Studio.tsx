import { SegmentedControl } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, memo, Suspense, useState } from "react";
import type { StoredPrompt } from "../api/types";
import { useWritable } from "../organization/useWritable";
import { Rows } from "../ui/Rows";
import { useStable } from "../ui/useStable";
import { Below } from "./Below";
import { begin, toAddress } from "./compare/variants";
import { Notes } from "./Notes";
import { useEdit, type Seed } from "./useEdit";
import { Write } from "./Write";

const Compare = lazy(() => import("./compare/Compare").then(({ Compare }) => ({ default: Compare })));

interface Props {
  /** As it is on the server now. */
  prompt: StoredPrompt;
  seed: Seed;
  /** The version that the text is of. */
  opened: number;
  /** Where this browser keeps what it knows of the prompt. */
  place: string;
  /** What is there now, to begin with anew. */
  latest: Seed;
}

/** A prompt, written and tried, by itself or beside others. */
export function Studio({ prompt, seed, opened, place, latest }: Props) {
  const isNewest = opened === seed.base;
  const edit = useEdit(prompt.name, isNewest ? place : `${place}@${opened}`, seed, isNewest);
  const [samples] = useState(seed.content.values ?? {});
  const cannotRun = useWritable("POST /api/llm/execute");
  const { compare } = useSearch({ from: "/prompts/$name" });
  const open = useStable(edit.open);
  const both = { prompt, place, edit, samples, cannotRun };
  return (
    <div className="stack">
      <Notes edit={edit} prompt={prompt} opened={opened} latest={latest} />
      <Mode prompt={prompt} />
      {compare === undefined ? (
        <Write {...both} opened={opened} isNewest={isNewest} latest={latest} />
      ) : (
        // As high as a comparison that has not run.
        <Suspense fallback={<Rows count={8} />}>
          <Compare {...both} />
        </Suspense>
      )}
      <Below prompt={prompt} place={place} onOpen={open} />
    </div>
  );
}

const Mode = memo(function Mode({ prompt }: { prompt: StoredPrompt }) {
  const { compare } = useSearch({ from: "/prompts/$name" });
  const navigate = useNavigate({ from: "/prompts/$name" });
  return (
    <SegmentedControl
      aria-label="What to do"
      data={[
        { value: "write", label: "Write" },
        { value: "compare", label: "Compare" },
      ]}
      value={compare === undefined ? "write" : "compare"}
      onChange={(mode) =>
        void navigate({
          search: ({ compare: _, ...rest }) =>
            mode === "write" ? rest : { ...rest, compare: toAddress(begin(prompt)) },
          resetScroll: false,
        })
      }
      style={{ alignSelf: "flex-start" }}
    />
  );
});
