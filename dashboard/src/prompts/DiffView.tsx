import { useQuery } from "@tanstack/react-query";
import type { PromptDiff } from "../api/types";
import { QueryState } from "../ui/QueryState";
import { Parts } from "./Parts";
import { prompts } from "./queries";
import styles from "./Studio.module.css";

interface Props {
  name: string;
  from: number;
  to: number;
}

/** What differs between two versions: texts word by word, settings by their place. */
export function DiffView({ name, from, to }: Props) {
  const diff = useQuery(prompts.diff(name, from, to));
  return (
    <QueryState query={diff} failed="What differs could not be loaded">
      {(diff) => <Differences diff={diff} />}
    </QueryState>
  );
}

function Differences({ diff: { from, to, texts, settings } }: { diff: PromptDiff }) {
  const touched = texts.filter(
    ({ from_role, to_role, parts }) => from_role !== to_role || parts.some(({ change }) => change !== "same"),
  );
  if (touched.length === 0 && settings.length === 0) {
    return (
      <p className="quiet">
        Versions {from} and {to} say the same.
      </p>
    );
  }
  return (
    <div className="stack close" role="group" aria-label={`From version ${from} to version ${to}`}>
      {touched.map(({ from_role, to_role, parts }, index) => (
        <div key={index} className="panel">
          <div className={styles.speaker}>{roles(from_role ?? null, to_role ?? null)}</div>
          <Parts parts={parts} />
        </div>
      ))}
      {settings.length > 0 ? (
        <ul className={styles.settings}>
          {settings.map(({ pointer, from, to }) => (
            <li key={pointer}>
              <code>{pointer.slice(1).replaceAll("/", ".")}</code>{" "}
              {from === undefined || from === null ? null : <del>{shown(from)}</del>}{" "}
              {to === undefined || to === null ? null : <ins>{shown(to)}</ins>}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function roles(from: string | null, to: string | null): string {
  if (from === null) return `${to ?? ""}, new`;
  if (to === null) return `${from}, gone`;
  return from === to ? from : `${from}, now ${to}`;
}
