import { Modal, NativeSelect } from "@mantine/core";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, write } from "../api/client";
import type { PromptVersion, StoredPrompt } from "../api/types";
import { useWritable } from "../organization/useWritable";
import { Ago } from "../ui/Ago";
import { Confirm } from "../ui/Confirm";
import { Table } from "../ui/ListSection";
import { More } from "../ui/More";
import { QueryState } from "../ui/QueryState";
import { RowActions, RowButton } from "../ui/RowActions";
import { tell } from "../ui/toast";
import { DiffView } from "./DiffView";
import { prompts } from "./queries";
import styles from "./Prompts.module.css";

/** All versions, what differs between them, and the way back. */
export function VersionsTab({ prompt }: { prompt: StoredPrompt }) {
  const { name, version: newest } = prompt;
  const versions = useInfiniteQuery(prompts.versions(name));
  const [compared, setCompared] = useState<number | null>(null);
  const [to, setTo] = useState<number | null>(null);
  const rollBack = useRollback(name);
  return (
    <QueryState query={versions} failed="Versions could not be loaded">
      {({ pages }) => (
        <div className="stack">
          <Table columns={["Version", "Why", "Who", "When"]}>
            {pages
              .flatMap(({ items }) => items)
              .map((version) => (
                <Row
                  key={version.version}
                  name={name}
                  version={version}
                  newest={version.version === newest}
                  onCompare={() => setCompared(version.version)}
                  onBack={() => setTo(version.version)}
                />
              ))}
          </Table>
          <More query={versions} />
          <Modal
            opened={compared !== null}
            onClose={() => setCompared(null)}
            title={`What changed in ${name}`}
            size={720}
          >
            {compared === null ? null : <Compare name={name} newest={newest} began={compared} />}
          </Modal>
          <Confirm
            opened={to !== null}
            onClose={() => setTo(null)}
            title={`Go back to version ${to ?? ""}?`}
            action={`Make it version ${newest + 1}`}
            run={() => rollBack(to ?? 1)}
          >
            <div className="stack close">
              <p>
                A new version says again what version {to} said. Labels stay where they are, and so does what
                is live.
              </p>
              {to === null ? null : <DiffView name={name} from={newest} to={to} />}
            </div>
          </Confirm>
        </div>
      )}
    </QueryState>
  );
}

function useRollback(name: string): (version: number) => Promise<void> {
  const client = useQueryClient();
  return async (version) => {
    const made = await write((key) =>
      api.POST("/api/prompts/{name}/rollback", {
        params: { path: { name }, header: { "idempotency-key": key } },
        body: { version },
      }),
    );
    tell(`Version ${made.version} says what version ${version} said.`);
    await client.invalidateQueries({ queryKey: ["prompts"] });
  };
}

interface RowProps {
  name: string;
  version: PromptVersion;
  newest: boolean;
  onCompare: () => void;
  onBack: () => void;
}

function Row({ name, version: { version, labels, message, back_to, by, created }, ...rest }: RowProps) {
  const { newest, onCompare, onBack } = rest;
  const blocked = useWritable("POST /api/prompts/{name}/rollback");
  return (
    <tr>
      <td className="lead">
        <span className="row">
          <Link
            to="/prompts/$name"
            params={{ name }}
            search={(before) => {
              const { v: _, ...others } = before as { v?: number };
              return newest ? others : { ...others, v: version };
            }}
            className="name"
            aria-label={`Open v${version}`}
          >
            v{version}
          </Link>
          {labels.map((label) => (
            <span key={label} className={styles.label}>
              {label}
            </span>
          ))}
        </span>
      </td>
      <td data-label="Why">
        {message ?? (back_to ? `Back to version ${back_to}` : <span className="quiet">–</span>)}
      </td>
      <td data-label="Who">{by ?? <span className="quiet">–</span>}</td>
      <td data-label="When">
        <Ago time={created} />
      </td>
      <RowActions>
        {version > 1 ? <RowButton word="Changes" to={`of version ${version}`} onClick={onCompare} /> : null}
        {newest ? null : (
          <RowButton word="Go back" to={`to version ${version}`} blocked={blocked} onClick={onBack} />
        )}
      </RowActions>
    </tr>
  );
}

/** Any two; first a version and the one before it. */
function Compare({ name, newest, began }: { name: string; newest: number; began: number }) {
  const [from, setFrom] = useState(began - 1);
  const [to, setTo] = useState(began);
  const numbers = Array.from({ length: newest }, (_, index) => ({
    value: String(newest - index),
    label: `v${newest - index}`,
  }));
  return (
    <div className="stack">
      <div className="row">
        <NativeSelect
          label="From"
          data={numbers}
          value={String(from)}
          onChange={(event) => setFrom(Number(event.currentTarget.value))}
        />
        <NativeSelect
          label="To"
          data={numbers}
          value={String(to)}
          onChange={(event) => setTo(Number(event.currentTarget.value))}
        />
      </div>
      <DiffView name={name} from={from} to={to} />
    </div>
  );
}
