import { Button, Modal } from "@mantine/core";
import { IconMessage2 } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { useCreate } from "../app/useKeys";
import { useWritable } from "../organization/useWritable";
import { Empty } from "../ui/Empty";
import { More } from "../ui/More";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { Rows } from "../ui/Rows";
import { Library } from "./Library";
import { NewPrompt } from "./NewPrompt";
import { PromptsFilter } from "./PromptsFilter";
import { PromptsList } from "./PromptsList";
import { prompts } from "./queries";
import { tagsOf } from "./rules";
import { WORDS } from "./words";

// Seldom looked at.
const DeletedPrompts = lazy(() =>
  import("./manage/DeletedPrompts").then(({ DeletedPrompts }) => ({ default: DeletedPrompts })),
);

/** What has been written, to be found; or what was deleted, to be brought back. */
export function PromptsPage() {
  const { deleted } = useSearch({ from: "/prompts" });
  return deleted === true ? <Deleted /> : <Kept />;
}

function Deleted() {
  return (
    <Page
      title={WORDS.deleted.title}
      about={WORDS.deleted.about}
      actions={
        <Button variant="default" renderRoot={(props) => <Link to="/prompts" {...props} />}>
          All prompts
        </Button>
      }
    >
      <Suspense fallback={<Rows />}>
        <DeletedPrompts />
      </Suspense>
    </Page>
  );
}

function Kept() {
  const asked = useSearch({ from: "/prompts" });
  const list = useInfiniteQuery(prompts.list(asked));
  const blocked = useWritable("POST /api/prompts");
  const [making, setMaking] = useState(false);
  const [library, setLibrary] = useState(false);
  useCreate(() => {
    if (blocked === null) setMaking(true);
  });
  const button = (
    <Button disabled={blocked !== null} title={blocked ?? ""} onClick={() => setMaking(true)}>
      New prompt
    </Button>
  );
  const all = Object.keys(asked).length === 0;
  return (
    <Page
      title={WORDS.title}
      about={WORDS.about}
      actions={
        <>
          <Button variant="default" onClick={() => setLibrary(true)}>
            Library
          </Button>
          {button}
        </>
      }
    >
      <QueryState query={list} failed={WORDS.failed}>
        {({ pages }) => {
          const found = pages.flatMap(({ items }) => items);
          const items = found.filter(({ name }) => name.startsWith(asked.folder ?? ""));
          if (all && items.length === 0) return <NoPrompts button={button} />;
          return (
            <div className="stack">
              <PromptsFilter tags={tagsOf(items, asked.tag)} />
              <PromptsList items={items} />
              <More query={list} />
            </div>
          );
        }}
      </QueryState>
      <NewPrompt opened={making} onClose={() => setMaking(false)} />
      <Modal opened={library} onClose={() => setLibrary(false)} title="Library" size={860}>
        <Library />
      </Modal>
    </Page>
  );
}

function NoPrompts({ button }: { button: ReactNode }) {
  return (
    <>
      <Empty icon={IconMessage2} title={WORDS.empty.title} action={button} command={WORDS.empty.command}>
        {WORDS.empty.about}
      </Empty>
      <p className="quiet small" style={{ textAlign: "center" }}>
        <Link to="/prompts" search={{ deleted: true }}>
          {WORDS.deleted.title}
        </Link>
      </p>
      <Library />
    </>
  );
}
