import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, memo, Suspense } from "react";
import type { StoredPrompt } from "../api/types";
import { PROMPT_TABS, type PromptTab } from "../app/search";
import { Rows } from "../ui/Rows";
import type { Written } from "./content";

const VersionsTab = lazy(() => import("./VersionsTab").then(({ VersionsTab }) => ({ default: VersionsTab })));
const LabelsTab = lazy(() => import("./LabelsTab").then(({ LabelsTab }) => ({ default: LabelsTab })));
const UsesTab = lazy(() => import("./UsesTab").then(({ UsesTab }) => ({ default: UsesTab })));

const RunsTab = lazy(() => import("./history/RunsTab").then(({ RunsTab }) => ({ default: RunsTab })));

const TAB_WORDS: Record<PromptTab, string> = {
  versions: "Versions",
  runs: "Runs",
  labels: "Labels",
  uses: "Used by",
};

interface Props {
  prompt: StoredPrompt;
  place: string;
  /** Puts what was run once in the place of what is written. */
  onOpen: (now: Written, words: string) => void;
}

/** What is known of a prompt beside its text. */
export const Below = memo(function Below({ prompt, place, onOpen }: Props) {
  const { tab = "versions" } = useSearch({ from: "/prompts/$name" });
  const navigate = useNavigate({ from: "/prompts/$name" });
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      onChange={(next) => {
        const chosen = PROMPT_TABS.find((known) => known === next) ?? "versions";
        void navigate({
          search: (before) => ({ ...before, tab: chosen }),
          replace: true,
          resetScroll: false,
        });
      }}
    >
      <Tabs.List mb="md">
        {PROMPT_TABS.map((tab) => (
          <Tabs.Tab key={tab} value={tab}>
            {TAB_WORDS[tab]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="versions">
        <Suspense fallback={<Rows count={3} />}>
          <VersionsTab prompt={prompt} />
        </Suspense>
      </Tabs.Panel>
      <Tabs.Panel value="runs">
        <Suspense fallback={<Rows count={3} />}>
          <RunsTab prompt={prompt} place={place} onOpen={onOpen} />
        </Suspense>
      </Tabs.Panel>
      <Tabs.Panel value="labels">
        <Suspense fallback={<Rows count={3} />}>
          <LabelsTab prompt={prompt} />
        </Suspense>
      </Tabs.Panel>
      <Tabs.Panel value="uses">
        <Suspense fallback={<Rows count={3} />}>
          <UsesTab prompt={prompt} />
        </Suspense>
      </Tabs.Panel>
    </Tabs>
  );
});
