import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { ApiError } from "../api/problem";
import type { PromptVersion, StoredPrompt } from "../api/types";
import { NotFound } from "../app/NotFound";
import { useOrganization } from "../organization/useOrganization";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { AboutPrompt } from "./manage/AboutPrompt";
import { DeletePrompt } from "./manage/DeletePrompt";
import { RenamePrompt } from "./manage/RenamePrompt";
import { useRenamed } from "./manage/renamed";
import { prompts } from "./queries";
import { Studio } from "./Studio";
import type { Seed } from "./useEdit";
import styles from "./Prompts.module.css";

/** The Studio of a prompt, and all that is known of it. */
export function PromptPage() {
  const { name } = useParams({ from: "/prompts/$name" });
  const { v } = useSearch({ from: "/prompts/$name" });
  const { known, slug } = useOrganization();
  const one = useQuery(prompts.one(name));
  useRenamed(name, one.data?.prompt.name);
  // The newest one comes with the prompt itself.
  const old = useQuery({ ...prompts.version(name, v ?? 1), enabled: v !== undefined });
  if ([one.error, old.error].some(isMissing) && (one.data === undefined || v !== undefined)) {
    return <NotFound />;
  }
  return (
    <Page
      title={name}
      beside={one.data ? <Labels prompt={one.data.prompt} /> : null}
      about={one.data ? <AboutPrompt key={one.data.prompt.id} {...one.data} /> : null}
      actions={
        one.data ? (
          <>
            <RenamePrompt {...one.data} />
            <DeletePrompt name={name} />
            <Button
              variant="default"
              renderRoot={(props) => <Link to="/endpoints/new" search={{ prompt: name }} {...props} />}
            >
              Make an endpoint
            </Button>
          </>
        ) : null
      }
      wide
    >
      <QueryState query={one} failed={`${name} could not be loaded`}>
        {({ prompt, etag }) => {
          const { version } = prompt;
          const latest: Seed = { content: prompt.content ?? {}, base: version, version, etag };
          // Where drafts are kept: whatever the prompt is called.
          const place = `${slug ?? "-"}/prompts/${prompt.id}`;
          // Drafts are the organization's: it has to be known before one is looked for.
          if (!known) return null;
          return (
            <>
              {v === undefined ? (
                <Studio
                  key={prompt.id}
                  prompt={prompt}
                  seed={latest}
                  opened={prompt.version}
                  place={place}
                  latest={latest}
                />
              ) : (
                <QueryState query={old} failed={`Version ${v} could not be loaded`}>
                  {(version: PromptVersion) => (
                    <Studio
                      key={`${prompt.id}@${v}`}
                      prompt={prompt}
                      seed={{ ...latest, content: version.content ?? {}, version: v }}
                      opened={v}
                      place={place}
                      latest={latest}
                    />
                  )}
                </QueryState>
              )}
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
