import { Button, Modal } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, write } from "../api/client";
import type { AccessToken } from "../api/types";
import { Issue } from "../keys/Issue";
import { useOrganization } from "../organization/useOrganization";
import { Ago, Until } from "../ui/Ago";
import { Confirm } from "../ui/Confirm";
import { ListSection, Table } from "../ui/ListSection";
import { QueryState } from "../ui/QueryState";
import { ShownOnce } from "../ui/ShownOnce";
import { tell } from "../ui/toast";
import { people } from "./queries";

/** What command lines and CI carry to act for somebody in this organization. */
export function AccessTokens() {
  const tokens = useQuery(people.accessTokens());
  const { name } = useOrganization();
  const client = useQueryClient();
  const make = async (name: string, expires: string | null) => {
    const { token } = await write((key) =>
      api.POST("/api/access-tokens", {
        params: { header: { "idempotency-key": key } },
        body: { name, expires },
      }),
    );
    await client.invalidateQueries({ queryKey: people.accessTokens().queryKey });
    return token;
  };
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const [leaving, setLeaving] = useState<AccessToken | null>(null);
  return (
    <ListSection
      id="tokens"
      title="Access tokens"
      action={
        <Button variant="default" onClick={() => setMaking(true)}>
          New token
        </Button>
      }
      about={
        <>
          Command lines and CI carry one to act for you in {name}, as <code>authorization: Bearer</code> or{" "}
          <code>promptpilot login --token</code>.
        </>
      }
    >
      <QueryState query={tokens} failed="Your tokens could not be loaded">
        {({ items }) => (items.length === 0 ? null : <List tokens={items} onRevoke={setLeaving} />)}
      </QueryState>
      <Modal opened={making} onClose={() => setMaking(false)} title="New access token">
        <Issue
          what="token"
          about="Where it will be used, such as ci"
          days="90"
          make={make}
          onClose={() => setMaking(false)}
          onMade={setMade}
        />
      </Modal>
      <ShownOnce secret={made} what="token" onStored={() => setMade(null)} />
      <Revoke token={leaving} onClose={() => setLeaving(null)} />
    </ListSection>
  );
}

function List({ tokens, onRevoke }: { tokens: AccessToken[]; onRevoke: (token: AccessToken) => void }) {
  return (
    <Table columns={["Name", "Token", "Used", "Ends"]}>
      {tokens.map((token) => (
        <tr key={token.id}>
          <td className="lead name">{token.name}</td>
          <td data-label="Token">
            <code>{token.shown}…</code>
          </td>
          <td data-label="Used">
            {token.used ? <Ago time={token.used} /> : <span className="quiet">never</span>}
          </td>
          <td data-label="Ends">
            {token.expires ? <Until time={token.expires} /> : <span className="quiet">when revoked</span>}
          </td>
          <td className="number">
            <Button variant="default" aria-label={`Revoke ${token.name}`} onClick={() => onRevoke(token)}>
              Revoke
            </Button>
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Revoke({ token, onClose }: { token: AccessToken | null; onClose: () => void }) {
  const client = useQueryClient();
  const run = async () => {
    if (!token) return;
    await write((key) =>
      api.DELETE("/api/access-tokens/{id}", {
        params: { path: { id: token.id }, header: { "idempotency-key": key } },
      }),
    );
    await client.invalidateQueries({ queryKey: people.accessTokens().queryKey });
    tell(`${token.name} opens nothing any more.`);
  };
  return (
    <Confirm
      opened={token !== null}
      onClose={onClose}
      title={`Revoke ${token?.name ?? ""}?`}
      action="Revoke it"
      danger
      run={run}
    >
      Whoever carries <code>{token?.shown}…</code> is refused from the next request on.
    </Confirm>
  );
}
