import { ActionIcon, TextInput } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconDownload, IconSearch } from "@tabler/icons-react";
import { Copy } from "../ui/Copy";
import { count } from "../ui/format";
import type { LogSearch } from "./useLogSearch";
import styles from "./Log.module.css";

interface Props {
  search: LogSearch;
  /** The log as a file; it is long, and wanted seldom. */
  text: () => string;
  /** What the file is called. */
  file: string;
}

/** What can be done with a log: searched, copied, taken along. */
export function LogTools({ search: { query, look, found, nth, step }, text, file }: Props) {
  return (
    <div className={styles.tools}>
      <TextInput
        data-search
        aria-label="Search the log"
        placeholder="Search"
        leftSection={<IconSearch size={14} aria-hidden />}
        value={query}
        onChange={(event) => look(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
        }}
        className={styles.search ?? ""}
      />
      {query === "" ? null : (
        <span className="row tight quiet small" role="status">
          {found.length === 0 ? "not found" : `${count(nth + 1)} of ${count(found.length)}`}
          <ActionIcon size="sm" aria-label="The one before" onClick={() => step(-1)}>
            <IconChevronUp size={15} />
          </ActionIcon>
          <ActionIcon size="sm" aria-label="The next one" onClick={() => step(1)}>
            <IconChevronDown size={15} />
          </ActionIcon>
        </span>
      )}
      <Copy text={text} what="the log" />
      <ActionIcon
        size="sm"
        aria-label="Download the log"
        data-hint="Download the log"
        onClick={() => download(file, text())}
      >
        <IconDownload size={15} />
      </ActionIcon>
    </div>
  );
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
