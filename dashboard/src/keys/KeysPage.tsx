import { Button } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, write } from "../api/client";
import { queries } from "../api/queries";
import type { ApiKey } from "../api/types";
import { useCreate } from "../app/useKeys";
import { useWritable } from "../organization/useWritable";
import { Ago, Until } from "../ui/Ago";
import { Badge } from "../ui/Badge";
import { useNow } from "../ui/clock";
import { Confirm } from "../ui/Confirm";
import { Empty } from "../ui/Empty";
import { moment } from "../ui/format";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { ShownOnce } from "../ui/ShownOnce";
import { tell } from "../ui/toast";
import { NewKey } from "./NewKey";
import { scope, STATES, stateOf } from "./rules";

/** The keys that callers of endpoints carry. */
export function KeysPage() {
  const keys = useQuery(queries.keys());
  const blocked = useWritable("POST /api/api-keys");
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const [leaving, setLeaving] = useState<ApiKey | null>(null);
  useCreate(() => setMaking(true));
  const button = (
    <Button disabled={blocked !== null} title={blocked ?? ""} onClick={() => setMaking(true)}>
      New key
    </Button>
  );
  return (
    <Page
      title="API keys"
      about="Callers of endpoints carry one, unless the endpoint is public. A test key's calls are answered by the sandbox, at no cost."
      actions={button}
    >
      <QueryState query={keys} failed="Keys could not be loaded">
        {({ items }) =>
          items.length === 0 ? (
            <Empty
              icon={IconKey}
              title="No keys yet"
              action={button}
              command="promptpilot keys create website"
            >
              Make one for each program that calls, so that each can be revoked by itself.
            </Empty>
          ) : (
            <List keys={items} blocked={blocked} onRevoke={setLeaving} />
          )
        }
      </QueryState>
      <NewKey opened={making} onClose={() => setMaking(false)} onMade={setMade} />
      <ShownOnce secret={made} what="key" onStored={() => setMade(null)} />
      <Revoke apiKey={leaving} onClose={() => setLeaving(null)} />
    </Page>
  );
}

interface ListProps {
  keys: ApiKey[];
  blocked: string | null;
  onRevoke: (key: ApiKey) => void;
}

function List({ keys, blocked, onRevoke }: ListProps) {
  const now = useNow();
  return (
    <div className="panel">
      <table className="list">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Key</th>
            <th scope="col">Opens</th>
            <th scope="col">State</th>
            <th scope="col">Ends</th>
            <th scope="col">Made</th>
            <th scope="col" aria-label="Actions" />
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => {
            const state = stateOf(key, now);
            return (
              <tr key={key.id}>
                <td className="lead name">{key.name}</td>
                <td data-label="Key">
                  <code>{key.shown}…</code>
                </td>
                <td data-label="Opens">
                  <span>
                    {scope(key)}
                    {key.test ? <span className="quiet"> · test, answered by the sandbox</span> : null}
                  </span>
                </td>
                <td data-label="State">
                  <Badge tone={STATES[state].tone}>{STATES[state].word}</Badge>
                </td>
                <td data-label="Ends">
                  {key.expires ? (
                    <span title={moment(key.expires)}>
                      <Until time={key.expires} />
                    </span>
                  ) : (
                    <span className="quiet">when revoked</span>
                  )}
                </td>
                <td data-label="Made">
                  <Ago time={key.created} />
                </td>
                <td className="number">
                  {state === "active" ? (
                    <Button
                      variant="default"
                      disabled={blocked !== null}
                      aria-label={`Revoke ${key.name}`}
                      onClick={() => onRevoke(key)}
                    >
                      Revoke
                    </Button>
                  ) : null}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Revoke({ apiKey, onClose }: { apiKey: ApiKey | null; onClose: () => void }) {
  const client = useQueryClient();
  const run = async () => {
    if (!apiKey) return;
    await write((key) =>
      api.DELETE("/api/api-keys/{key}", {
        params: { path: { key: apiKey.id }, header: { "idempotency-key": key } },
      }),
    );
    await client.invalidateQueries({ queryKey: ["keys"] });
    tell(`${apiKey.name} opens nothing any more.`);
  };
  return (
    <Confirm
      opened={apiKey !== null}
      onClose={onClose}
      title={`Revoke ${apiKey?.name ?? ""}?`}
      action="Revoke it"
      danger
      {...(apiKey ? { typed: apiKey.name } : {})}
      run={run}
    >
      Within half a minute, whoever carries <code>{apiKey?.shown}…</code> is refused. This cannot be taken
      back; a new key can be made.
    </Confirm>
  );
}
