import { Button } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, unwrap } from "../api/client";
import type { Credential } from "../api/types";
import { useCreate } from "../app/useKeys";
import { useWritable } from "../organization/useWritable";
import { Ago } from "../ui/Ago";
import { Badge } from "../ui/Badge";
import { Empty } from "../ui/Empty";
import { span } from "../ui/format";
import { Table } from "../ui/ListSection";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { RowActions, RowButton } from "../ui/RowActions";
import { tell, tellTrouble } from "../ui/toast";
import { CredentialDialog, type Asked } from "./CredentialDialog";
import { DeleteCredential } from "./DeleteCredential";
import { settings } from "./queries";
import { namedBy, stateOf } from "./rules";
import { useDefinitions } from "./useDefinitions";

/** The keys with which functions call providers. What goes in never comes out. */
export function ProvidersPage() {
  const credentials = useQuery(settings.credentials());
  const definitions = useDefinitions(credentials.data?.items ?? []);
  const blocked = useWritable("PUT /api/provider-credentials");
  const [asked, setAsked] = useState<Asked | null>(null);
  const [leaving, setLeaving] = useState<Credential | null>(null);
  useCreate(() => setAsked({ replaces: null }));
  const button = (
    <Button disabled={blocked !== null} title={blocked ?? ""} onClick={() => setAsked({ replaces: null })}>
      Add a key
    </Button>
  );
  return (
    <Page
      title="Providers"
      about="The keys with which your functions call models. They are kept sealed and shown by their last characters only."
      actions={button}
    >
      <QueryState query={credentials} failed="Keys of providers could not be loaded">
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={IconPlugConnected} title="No keys of providers yet" action={button}>
              The sandbox needs none. For any other provider, add the key that it gave you.
            </Empty>
          ) : (
            <Table
              columns={["Provider", "Name", "Environment", "Key", "State", "Named by", "Used", "Changed"]}
            >
              {items.map((credential) => (
                <Row
                  key={credential.id}
                  credential={credential}
                  users={namedBy(credential, definitions)}
                  blocked={blocked}
                  onReplace={() => setAsked({ replaces: credential })}
                  onDelete={() => setLeaving(credential)}
                />
              ))}
            </Table>
          )
        }
      </QueryState>
      <CredentialDialog asked={asked} onClose={() => setAsked(null)} />
      <DeleteCredential
        credential={leaving}
        onReplace={(credential) => setAsked({ replaces: credential })}
        onClose={() => setLeaving(null)}
      />
    </Page>
  );
}

interface RowProps {
  credential: Credential;
  /** Endpoints that name it. */
  users: string[];
  blocked: string | null;
  onReplace: () => void;
  onDelete: () => void;
}

function Row({ credential, users, blocked, onReplace, onDelete }: RowProps) {
  const { provider, name, environment, shown, used, changed, changed_by, checked, refusal } = credential;
  const { tone, word } = stateOf(credential);
  const what = `${provider} ${name}`;
  return (
    <tr>
      <td className="lead name">{provider}</td>
      <td data-label="Name">{name}</td>
      <td data-label="Environment">{environment ?? <span className="quiet">all</span>}</td>
      <td data-label="Key">
        <code>…{shown}</code>
      </td>
      <td data-label="State">
        <div className="stack close" style={{ gap: 2 }}>
          <span className="row">
            <Badge tone={tone}>{word}</Badge>
            {checked ? <Ago time={checked} /> : null}
          </span>
          {refusal ? <span className="quiet small">{refusal}</span> : null}
        </div>
      </td>
      <td data-label="Named by">
        <Users names={users} />
      </td>
      <td data-label="Used">{used ? <Ago time={used} /> : <span className="quiet">never</span>}</td>
      <td data-label="Changed" title={changed_by ?? ""}>
        <Ago time={changed} />
      </td>
      <RowActions>
        <Check credential={credential} blocked={blocked} />
        <RowButton word="Replace" to={what} blocked={blocked} onClick={onReplace} />
        <RowButton word="Delete" to={what} blocked={blocked} onClick={onDelete} />
      </RowActions>
    </tr>
  );
}

/** As many as a cell can be read with. */
const FEW = 3;

function Users({ names }: { names: string[] }) {
  if (names.length === 0) return <span className="quiet">nothing</span>;
  return (
    <span className="row">
      {names.slice(0, FEW).map((name) => (
        <Link key={name} to="/endpoints/$name" params={{ name }}>
          {name}
        </Link>
      ))}
      {names.length > FEW ? (
        <span className="quiet" title={names.slice(FEW).join(", ")}>
          and {names.length - FEW} more
        </span>
      ) : null}
    </span>
  );
}

/** Asks the provider, and says what it said and how long it took. */
function Check({ credential, blocked }: { credential: Credential; blocked: string | null }) {
  const { id, provider, name } = credential;
  const client = useQueryClient();
  const check = useMutation({
    mutationFn: () =>
      unwrap(api.POST("/api/provider-credentials/{id}/check", { params: { path: { id } }, body: {} })),
    onSuccess: ({ accepted, refusal, took_ms }) => {
      if (accepted) tell(`${provider} takes the key; it answered within ${span(took_ms)}.`);
      else tellTrouble(`${provider} does not take the key`, new Error(refusal ?? "It did not say why."));
    },
    onError: (error) => tellTrouble(`${provider} ${name} could not be checked`, error),
    onSettled: () => client.invalidateQueries({ queryKey: settings.credentials().queryKey }),
  });
  return (
    <RowButton
      word="Check"
      to={`${provider} ${name}`}
      blocked={blocked}
      loading={check.isPending}
      onClick={() => check.mutate()}
    />
  );
}
