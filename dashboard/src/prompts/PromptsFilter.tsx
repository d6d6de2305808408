import { NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { PromptsSearch } from "../app/search";
import { prompts } from "./queries";
import { foldersOf } from "./rules";
import { WORDS } from "./words";

/** Between the last key and the search, in ms. */
const PAUSE = 250;

/** What is looked for: a text, a folder, a tag. The address says it. */
export function PromptsFilter({ tags }: { tags: string[] }) {
  const asked = useSearch({ from: "/prompts" });
  const { q, tag, folder } = asked;
  const navigate = useNavigate({ from: "/prompts" });
  const named = useQuery(prompts.named());
  const folders = new Set(foldersOf(named.data?.items.map(({ name }) => name) ?? []));
  if (folder !== undefined) folders.add(folder);
  const without = (key: keyof PromptsSearch): PromptsSearch =>
    Object.fromEntries(Object.entries(asked).filter(([name]) => name !== key));
  const set = (key: "q" | "tag" | "folder", value: string, replace = false) =>
    navigate({ search: value === "" ? without(key) : { ...asked, [key]: value }, replace });
  // What is typed and not yet in the address.
  const [typed, setTyped] = useState<string | null>(null);
  const look = useDebouncedCallback((text: string) => {
    const wanted = text.trim();
    void set("q", wanted, true).then(() => setTyped((now) => (now?.trim() === wanted ? null : now)));
  }, PAUSE);
  return (
    <div className="spread">
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
          aria-label="Folder"
          data={[{ value: "", label: "All folders" }, ...[...folders].sort()]}
          value={folder ?? ""}
          onChange={(event) => void set("folder", event.currentTarget.value)}
        />
        <NativeSelect
          aria-label="Tag"
          data={[{ value: "", label: "All tags" }, ...tags]}
          value={tag ?? ""}
          onChange={(event) => void set("tag", event.currentTarget.value)}
        />
      </div>
      <Link to="/prompts" search={{ deleted: true }} className="small">
        {WORDS.deleted.link}
      </Link>
    </div>
  );
}
