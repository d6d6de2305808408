import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { LabelMove, LabelRule, StoredPrompt } from "../api/types";
import { useOrganization } from "../organization/useOrganization";
import { useWritable } from "../organization/useWritable";
import { Ago } from "../ui/Ago";
import { Confirm } from "../ui/Confirm";
import { ListSection, Table } from "../ui/ListSection";
import { More } from "../ui/More";
import { QueryState } from "../ui/QueryState";
import { RowActions, RowButton } from "../ui/RowActions";
import { DiffView } from "./DiffView";
import { prompts } from "./queries";
import { labelBlocked, labelError, namedBy } from "./rules";
import { useLabels } from "./useLabels";

/** A change of a label that is asked about; `to` is null where it is taken away. */
interface Change {
  label: string;
  from: number | null;
  to: number | null;
}

/** Where labels point, how they are moved, and how they were. */
export function LabelsTab({ prompt }: { prompt: StoredPrompt }) {
  const { name, labels } = prompt;
  const rules = useQuery(prompts.labelRules());
  const [asked, setAsked] = useState<Change | null>(null);
  return (
    <div className="stack">
      <NewLabel prompt={prompt} rules={rules.data?.items ?? []} onAsk={setAsked} />
      {labels.length === 0 ? (
        <p className="quiet">
          No label yet. A label says which version is good, and endpoints follow it at their next deploy.
        </p>
      ) : (
        <Table columns={["Label", "Version"]}>
          {labels.map((at) => (
            <Row key={at.label} prompt={prompt} at={at} rules={rules.data?.items ?? []} onAsk={setAsked} />
          ))}
        </Table>
      )}
      <History name={name} />
      <Question name={name} change={asked} onClose={() => setAsked(null)} />
    </div>
  );
}

interface Common {
  prompt: StoredPrompt;
  rules: LabelRule[];
  onAsk: (change: Change) => void;
}

const versionsOf = (newest: number) =>
  Array.from({ length: newest }, (_, index) => ({
    value: String(newest - index),
    label: `v${newest - index}`,
  }));

function useBlocked(label: string, rules: LabelRule[]): string | null {
  const { role } = useOrganization();
  const blocked = useWritable("PUT /api/prompts/{name}/labels/{label}");
  return blocked ?? labelBlocked(label, role, rules);
}

function NewLabel({ prompt: { labels, version }, rules, onAsk }: Common) {
  const free = labels.some(({ label }) => label === "production") ? "" : "production";
  const [text, setText] = useState<string | null>(null);
  const [to, setTo] = useState<number | null>(null);
  const label = (text ?? free).trim();
  const blocked = useBlocked(label, rules);
  const error = label === "" ? null : labelError(label);
  const from = labels.find((at) => at.label === label)?.version ?? null;
  return (
    <form
      className="row"
      style={{ alignItems: "flex-end" }}
      onSubmit={(event) => {
        event.preventDefault();
        onAsk({ label, from, to: to ?? version });
        setText(null);
      }}
    >
      <TextInput
        label="Label"
        value={text ?? free}
        error={error}
        spellCheck={false}
        autoComplete="off"
        placeholder="staging"
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <NativeSelect
        label="Points at"
        data={versionsOf(version)}
        value={String(to ?? version)}
        onChange={(event) => setTo(Number(event.currentTarget.value))}
      />
      <Button type="submit" disabled={label === "" || error !== null || blocked !== null}>
        Set the label
      </Button>
      {label !== "" && blocked !== null ? <span className="quiet small">{blocked}</span> : null}
    </form>
  );
}

function Row({
  prompt,
  at: { label, version },
  rules,
  onAsk,
}: Common & { at: StoredPrompt["labels"][number] }) {
  const blocked = useBlocked(label, rules);
  return (
    <tr>
      <td className="lead name">{label}</td>
      <td data-label="Version">
        <NativeSelect
          aria-label={`Version of ${label}`}
          data={versionsOf(prompt.version)}
          value={String(version)}
          disabled={blocked !== null}
          title={blocked ?? ""}
          onChange={(event) => onAsk({ label, from: version, to: Number(event.currentTarget.value) })}
        />
      </td>
      <RowActions>
        {blocked !== null ? <span className="quiet small">{blocked}</span> : null}
        <RowButton
          word="Remove"
          to={label}
          blocked={blocked}
          onClick={() => onAsk({ label, from: version, to: null })}
        />
      </RowActions>
    </tr>
  );
}

/** What a move comes to, before it is made. */
function Question({ name, change, onClose }: { name: string; change: Change | null; onClose: () => void }) {
  const uses = useQuery({ ...prompts.uses(name), enabled: change !== null });
  const { move, remove } = useLabels(name);
  if (change === null) return null;
  const { label, from, to } = change;
  const users = namedBy(uses.data?.items ?? [], label);
  const title =
    to === null ? `Remove ${label}?` : from === null ? `Set ${label} to v${to}?` : `Move ${label} to v${to}?`;
  return (
    <Confirm
      opened
      onClose={onClose}
      title={title}
      action={to === null ? "Remove it" : from === null ? "Set it" : "Move it"}
      danger={to === null}
      run={() => (to === null ? remove(label, from ?? 0, users.length > 0) : move(label, from, to))}
    >
      <div className="stack close">
        {from !== null && to !== null ? <DiffView name={name} from={from} to={to} /> : null}
        <p>{consequence(users, to === null)}</p>
      </div>
    </Confirm>
  );
}

function consequence(users: string[], removed: boolean): string {
  if (users.length === 0) return "No endpoint refers to it.";
  const named = users.join(", ");
  return removed
    ? `${named} refer to it: what is live keeps its text, and the next deploy is refused.`
    : `${named} refer to it: what is live keeps its text until the next deploy, which takes the new one.`;
}

function History({ name }: { name: string }) {
  const moves = useInfiniteQuery(prompts.moves(name));
  const items = moves.data?.pages.flatMap(({ items }) => items) ?? [];
  if (moves.data !== undefined && items.length === 0) return null;
  return (
    <ListSection id="label-history" title="How labels were moved">
      <QueryState query={moves} failed="The history could not be loaded">
        {() => (
          <>
            <ul className="stack close" style={{ margin: 0, padding: 0, listStyle: "none" }}>
              {items.map((move) => (
                <li key={move.position}>
                  <strong>{move.label}</strong> {moveWords(move)}{" "}
                  <span className="quiet">
                    {move.by ? `by ${move.by}, ` : ""}
                    <Ago time={move.at} />
                  </span>
                </li>
              ))}
            </ul>
            <More query={moves} />
          </>
        )}
      </QueryState>
    </ListSection>
  );
}

function moveWords({ from, to }: LabelMove): string {
  if (to === null || to === undefined) return `taken from v${from ?? "?"}`;
  return from === null || from === undefined ? `set to v${to}` : `moved from v${from} to v${to}`;
}
