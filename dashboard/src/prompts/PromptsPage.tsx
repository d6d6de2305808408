import { Button, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconMessage2, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { StoredPrompt } from "../api/types";
import { useCreate } from "../app/useKeys";
import { useWritable } from "../organization/useWritable";
import { Ago } from "../ui/Ago";
import { Empty } from "../ui/Empty";
import { More } from "../ui/More";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { useListKeys } from "../ui/useListKeys";
import { Library } from "./Library";
import { NewPrompt } from "./NewPrompt";
import { prompts } from "./queries";
import { parted, tagsOf } from "./rules";
import { WORDS } from "./words";
import styles from "./Prompts.module.css";

/** What has been written, to be found. */
export function PromptsPage() {
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
  const all = asked.q === undefined && asked.tag === undefined;
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
          const items = pages.flatMap(({ items }) => items);
          if (all && items.length === 0) return <NoPrompts button={button} />;
          return (
            <div className="stack">
              <Filter tags={tagsOf(items, asked.tag)} />
              <List items={items} />
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
      <Library />
    </>
  );
}

/** Between the last key and the search, in ms. */
const PAUSE = 250;

function Filter({ tags }: { tags: string[] }) {
  const { q, tag } = useSearch({ from: "/prompts" });
  const navigate = useNavigate({ from: "/prompts" });
  // What is typed and not yet in the address.
  const [typed, setTyped] = useState<string | null>(null);
  const look = useDebouncedCallback((text: string) => {
    const wanted = text.trim();
    const rest = tag === undefined ? {} : { tag };
    const search = wanted === "" ? rest : { ...rest, q: wanted };
    void navigate({ search, replace: true }).then(() => setTyped((now) => (now === wanted ? null : now)));
  }, PAUSE);
  return (
    <div className="row">
      <TextInput
        data-search
        aria-label="Search prompts"
        placeholder={WORDS.search}
        leftSection={<IconSearch size={15} aria-hidden />}
        value={typed ?? q ?? ""}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          look(event.currentTarget.value);
        }}
        w={320}
        maw="100%"
      />
      <NativeSelect
        aria-label="Tag"
        data={[{ value: "", label: "All tags" }, ...tags]}
        value={tag ?? ""}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          const rest = q === undefined ? {} : { q };
          void navigate({ search: chosen === "" ? rest : { ...rest, tag: chosen } });
        }}
      />
    </div>
  );
}

function List({ items }: { items: StoredPrompt[] }) {
  const navigate = useNavigate();
  const { chosen } = useListKeys(items.length, (index) => {
    const name = items[index]?.name;
    if (name !== undefined) void navigate({ to: "/prompts/$name", params: { name } });
  });
  return (
    <div className="panel">
      <table className="list">
        <thead>
          <tr>
            <th scope="col">Prompt</th>
            <th scope="col">Labels</th>
            <th scope="col">Tags</th>
            <th scope="col">Used by</th>
            <th scope="col">Updated</th>
          </tr>
        </thead>
        <tbody>
          {items.map((prompt, index) => (
            <Row key={prompt.id} prompt={prompt} chosen={index === chosen} />
          ))}
        </tbody>
      </table>
      {items.length === 0 ? <p className="inside quiet">{WORDS.none}</p> : null}
    </div>
  );
}

function Row({ prompt, chosen }: { prompt: StoredPrompt; chosen: boolean }) {
  const { name, description, version, labels, tags, used_by, updated } = prompt;
  const { folder, own } = parted(name);
  return (
    <tr data-chosen={chosen}>
      <td className="lead">
        <div style={{ minWidth: 0 }}>
          <Link to="/prompts/$name" params={{ name }} className="name">
            {folder ? <span className={styles.folder}>{folder}</span> : null}
            {own}
          </Link>
          <div className="quiet">{description}</div>
        </div>
      </td>
      <td data-label="Labels">
        <span className="row">
          {labels.map(({ label, version }) => (
            <span key={label} className={styles.label}>
              {label} <span className="quiet">→ v{version}</span>
            </span>
          ))}
          <span className="quiet">newest v{version}</span>
        </span>
      </td>
      <td data-label="Tags">
        <span className="row">
          {tags.map((tag) => (
            <Link key={tag} to="/prompts" search={(before) => ({ ...before, tag })} className="small">
              {tag}
            </Link>
          ))}
        </span>
      </td>
      <td data-label="Used by">
        {used_by.length === 0 ? (
          <span className="quiet">–</span>
        ) : (
          <span className="row">
            {used_by.map((endpoint) => (
              <Link key={endpoint} to="/endpoints/$name" params={{ name: endpoint }}>
                {endpoint}
              </Link>
            ))}
          </span>
        )}
      </td>
      <td data-label="Updated">
        <Ago time={updated} />
      </td>
    </tr>
  );
}
