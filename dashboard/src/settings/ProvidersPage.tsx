import { Button } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap, write } from "../api/client";
import { ApiError } from "../api/problem";
import type { Credential } from "../api/types";
import { useCreate } from "../app/useKeys";
import { useWritable } from "../organization/useWritable";
import { Ago } from "../ui/Ago";
import { Badge } from "../ui/Badge";
import { Confirm } from "../ui/Confirm";
import { Empty } from "../ui/Empty";
import { span } from "../ui/format";
import { Table } from "../ui/ListSection";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { tell, tellTrouble } from "../ui/toast";
import { CredentialDialog, type Asked } from "./CredentialDialog";
import { settings } from "./queries";
import { stateOf } from "./rules";

/** The keys with which functions call providers. What goes in never comes out. */
export function ProvidersPage() {
  const credentials = useQuery(settings.credentials());
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
            <Table columns={["Provider", "Name", "Environment", "Key", "State", "Used", "Changed"]}>
              {items.map((credential) => (
                <Row
                  key={credential.id}
                  credential={credential}
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
      <Deletion credential={leaving} onClose={() => setLeaving(null)} />
    </Page>
  );
}

interface RowProps {
  credential: Credential;
  blocked: string | null;
  onReplace: () => void;
  onDelete: () => void;
}

function Row({ credential, blocked, onReplace, onDelete }: RowProps) {
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
      <td data-label="Used">{used ? <Ago time={used} /> : <span className="quiet">never</span>}</td>
      <td data-label="Changed" title={changed_by ?? ""}>
        <Ago time={changed} />
      </td>
      <td className="number">
        <span className="row" style={{ justifyContent: "flex-end" }}>
          <Check credential={credential} blocked={blocked} />
          <Button
            variant="default"
            disabled={blocked !== null}
            aria-label={`Replace ${what}`}
            onClick={onReplace}
          >
            Replace
          </Button>
          <Button
            variant="default"
            disabled={blocked !== null}
            aria-label={`Delete ${what}`}
            onClick={onDelete}
          >
            Delete
          </Button>
        </span>
      </td>
    </tr>
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
    <Button
      variant="default"
      disabled={blocked !== null}
      loading={check.isPending}
      aria-label={`Check ${provider} ${name}`}
      onClick={() => check.mutate()}
    >
      Check
    </Button>
  );
}

function Deletion({ credential, onClose }: { credential: Credential | null; onClose: () => void }) {
  const client = useQueryClient();
  const run = async () => {
    if (!credential) return;
    const { id } = credential;
    try {
      await write((key) =>
        api.DELETE("/api/provider-credentials/{id}", {
          params: { path: { id }, header: { "idempotency-key": key } },
        }),
      );
    } catch (error) {
      throw withUsers(error);
    }
    await client.invalidateQueries({ queryKey: settings.credentials().queryKey });
    tell(`The key of ${credential.provider} is gone.`);
  };
  return (
    <Confirm
      opened={credential !== null}
      onClose={onClose}
      title={`Delete ${credential?.provider ?? ""} ${credential?.name ?? ""}?`}
      action="Delete it"
      danger
      {...(credential ? { typed: credential.name } : {})}
      run={run}
    >
      The key <code>…{credential?.shown}</code> is forgotten here; the provider still knows it. What serves
      with it is brought another of its name, if there is one; if there is none, it stays.
    </Confirm>
  );
}

/** A refusal because of what serves with the key names it. */
function withUsers(error: unknown): unknown {
  if (!(error instanceof ApiError) || error.kind !== "credential-in-use") return error;
  const users = (error.problem?.["users"] ?? []) as { endpoint: string; environment: string }[];
  const named = users.map(({ endpoint, environment }) => `${endpoint} in ${environment}`).join(", ");
  return new ApiError(
    error.cause,
    `${error.message} It is used by ${named}.`,
    error.problem,
    error.requestId,
  );
}
