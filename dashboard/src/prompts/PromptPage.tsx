import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { ApiError } from "../api/problem";
import type { PromptVersion, StoredPrompt } from "../api/types";
import { NotFound } from "../app/NotFound";
import { PROMPT_TABS, type PromptTab } from "../app/search";
import { useOrganization } from "../organization/useOrganization";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { Rows } from "../ui/Rows";
import { AboutPrompt } from "./manage/AboutPrompt";
import { DeletePrompt } from "./manage/DeletePrompt";
import { prompts } from "./queries";
import { Studio } from "./Studio";
import type { Seed } from "./useEdit";
import styles from "./Prompts.module.css";

const VersionsTab = lazy(() => import("./VersionsTab").then(({ VersionsTab }) => ({ default: VersionsTab })));
const LabelsTab = lazy(() => import("./LabelsTab").then(({ LabelsTab }) => ({ default: LabelsTab })));
const UsesTab = lazy(() => import("./UsesTab").then(({ UsesTab }) => ({ default: UsesTab })));

const TAB_WORDS: Record<PromptTab, string> = {
  versions: "Versions",
  labels: "Labels",
  uses: "Used by",
};

/** The Studio of a prompt, and all that is known of it. */
export function PromptPage() {
  const { name } = useParams({ from: "/prompts/$name" });
  const { v } = useSearch({ from: "/prompts/$name" });
  const { known, slug } = useOrganization();
  const one = useQuery(prompts.one(name));
  // The newest one comes with the prompt itself.
  const old = useQuery({ ...prompts.version(name, v ?? 1), enabled: v !== undefined });
  if ([one.error, old.error].some(isMissing) && (one.data === undefined || v !== undefined)) {
    return <NotFound />;
  }
  return (
    <Page
      title={name}
      beside={one.data ? <Labels prompt={one.data.prompt} /> : null}
      about={one.data ? <AboutPrompt key={name} {...one.data} /> : null}
      actions={one.data ? <DeletePrompt prompt={one.data.prompt} /> : null}
      wide
    >
      <QueryState query={one} failed={`${name} could not be loaded`}>
        {({ prompt, etag }) => {
          const latest: Seed = { content: prompt.content ?? {}, base: prompt.version, etag };
          // Drafts are the organization's: it has to be known before one is looked for.
          if (!known) return null;
          return (
            <>
              {v === undefined ? (
                <Studio
                  key={name}
                  prompt={prompt}
                  seed={latest}
                  opened={prompt.version}
                  slot={`${slug ?? "-"}/prompts/${name}`}
                  latest={latest}
                />
              ) : (
                <QueryState query={old} failed={`Version ${v} could not be loaded`}>
                  {(version: PromptVersion) => (
                    <Studio
                      key={`${name}@${v}`}
                      prompt={prompt}
                      seed={{ ...latest, content: version.content ?? {} }}
                      opened={v}
                      slot={`${slug ?? "-"}/prompts/${name}@${v}`}
                      latest={latest}
                    />
                  )}
                </QueryState>
              )}
              <Below prompt={prompt} />
            </>
          );
        }}
      </QueryState>
    </Page>
  );
}

const isMissing = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

function Labels({ prompt: { version, labels } }: { prompt: StoredPrompt }) {
  return (
    <>
      {labels.map(({ label, version }) => (
        <span key={label} className={styles.label}>
          {label} <span className="quiet">→ v{version}</span>
        </span>
      ))}
      <span className="quiet small">newest v{version}</span>
    </>
  );
}

function Below({ prompt }: { prompt: StoredPrompt }) {
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
}
