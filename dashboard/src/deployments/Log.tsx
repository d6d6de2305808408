import { ActionIcon, TextInput } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconDownload, IconSearch } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { Deployment } from "../api/types";
import { Badge } from "../ui/Badge";
import { Copy } from "../ui/Copy";
import { plural } from "../ui/format";
import { Trouble } from "../ui/Trouble";
import { asText, find } from "./log";
import { LogLines } from "./LogLines";
import { useLog } from "./useLog";
import styles from "./Log.module.css";

/** A deployment's log, live while it runs. */
export function Log({ deployment }: { deployment: Deployment }) {
  const { lines, stream, error, refetch } = useLog(deployment);
  const { line, q = "" } = useSearch({ from: "/deployments/$id" });
  const navigate = useNavigate();
  const found = find(lines, q);
  const [nth, setNth] = useState(0);
  const at = found[Math.min(nth, found.length - 1)];

  const search = (next: { line?: number; q?: string }) => {
    const search = { ...(line === undefined ? {} : { line }), q, ...next };
    const { q: query, ...rest } = search;
    void navigate({
      to: "/deployments/$id",
      params: { id: deployment.id },
      search: query === "" ? rest : { ...rest, q: query },
      replace: true,
      resetScroll: false,
    });
  };
  const step = (by: number) => setNth(found.length === 0 ? 0 : (nth + by + found.length) % found.length);

  return (
    <section className="panel" aria-labelledby="log">
      <header style={{ flexWrap: "wrap" }}>
        <div className="row">
          <h2 id="log">Log</h2>
          {stream === null ? (
            <span className="quiet small">{plural(lines.length, "line")}</span>
          ) : (
            <Badge tone={stream === "live" ? "busy" : "warn"}>{stream === "live" ? "live" : stream}</Badge>
          )}
        </div>
        <div className={styles.tools}>
          <TextInput
            data-search
            aria-label="Search the log"
            placeholder="Search"
            leftSection={<IconSearch size={14} aria-hidden />}
            value={q}
            onChange={(event) => {
              const text = event.currentTarget.value;
              setNth(0);
              search({ q: text });
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
            }}
            w={170}
          />
          {q === "" ? null : (
            <span className="row tight quiet small" role="status">
              {found.length === 0 ? "not found" : `${Math.min(nth, found.length - 1) + 1} of ${found.length}`}
              <ActionIcon size="sm" aria-label="The one before" onClick={() => step(-1)}>
                <IconChevronUp size={15} />
              </ActionIcon>
              <ActionIcon size="sm" aria-label="The next one" onClick={() => step(1)}>
                <IconChevronDown size={15} />
              </ActionIcon>
            </span>
          )}
          <Copy text={asText(lines)} what="the log" />
          <ActionIcon
            size="sm"
            aria-label="Download the log"
            data-hint="Download the log"
            onClick={() => download(`${deployment.endpoint}-${deployment.id.slice(0, 8)}.log`, asText(lines))}
          >
            <IconDownload size={15} />
          </ActionIcon>
        </div>
      </header>
      {error ? (
        <Trouble what="The log could not be loaded" error={error} retry={refetch} />
      ) : (
        <LogLines
          lines={lines}
          found={found}
          at={at ?? (line === undefined ? undefined : line - 1)}
          here={line}
          follows={stream !== null}
          onLine={(seq) => search({ line: seq })}
          empty={
            stream === null ? "It ended before it wrote anything." : "Nothing yet: it waits for a worker."
          }
        />
      )}
    </section>
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
