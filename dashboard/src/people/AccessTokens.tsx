import { Button, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, write } from "../api/client";
import { messageOf } from "../api/problem";
import type { AccessToken } from "../api/types";
import { expiry, LIFETIMES } from "../keys/rules";
import { useOrganization } from "../organization/useOrganization";
import { Ago } from "../ui/Ago";
import { Confirm } from "../ui/Confirm";
import { QueryState } from "../ui/QueryState";
import { ShownOnce } from "../ui/ShownOnce";
import { tell } from "../ui/toast";
import { people } from "./queries";

/** What command lines and CI carry to act for somebody in this organization. */
export function AccessTokens() {
  const tokens = useQuery(people.accessTokens());
  const { name } = useOrganization();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const [leaving, setLeaving] = useState<AccessToken | null>(null);
  return (
    <section className="stack" aria-labelledby="tokens">
      <div className="spread">
        <h2 id="tokens">Access tokens</h2>
        <Button variant="default" onClick={() => setMaking(true)}>
          New token
        </Button>
      </div>
      <p className="quiet">
        Command lines and CI carry one to act for you in {name}, as <code>authorization: Bearer</code> or{" "}
        <code>promptpilot login --token</code>.
      </p>
      <QueryState query={tokens} failed="Your tokens could not be loaded">
        {({ items }) => (items.length === 0 ? null : <List tokens={items} onRevoke={setLeaving} />)}
      </QueryState>
      <Modal opened={making} onClose={() => setMaking(false)} title="New access token">
        <Form onClose={() => setMaking(false)} onMade={setMade} />
      </Modal>
      <ShownOnce secret={made} what="token" onStored={() => setMade(null)} />
      <Revoke token={leaving} onClose={() => setLeaving(null)} />
    </section>
  );
}

function List({ tokens, onRevoke }: { tokens: AccessToken[]; onRevoke: (token: AccessToken) => void }) {
  return (
    <div className="panel">
      <table className="list">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Token</th>
            <th scope="col">Used</th>
            <th scope="col">Ends</th>
            <th scope="col" aria-label="Actions" />
          </tr>
        </thead>
        <tbody>
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
                {token.expires ? <Ago time={token.expires} /> : <span className="quiet">when revoked</span>}
              </td>
              <td className="number">
                <Button variant="default" aria-label={`Revoke ${token.name}`} onClick={() => onRevoke(token)}>
                  Revoke
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Form({ onClose, onMade }: { onClose: () => void; onMade: (token: string) => void }) {
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: () =>
      write((key) =>
        api.POST("/api/access-tokens", {
          params: { header: { "idempotency-key": key } },
          body: { name, expires: expiry(days, Date.now()) },
        }),
      ),
    onSuccess: async ({ token }) => {
      onMade(token);
      onClose();
      await client.invalidateQueries({ queryKey: people.accessTokens().queryKey });
    },
  });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <TextInput
        label="Name"
        description="Where it will be used, such as ci"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={make.error ? messageOf(make.error) : undefined}
        autoComplete="off"
        required
        data-autofocus
      />
      <NativeSelect
        label="Ends"
        data={LIFETIMES}
        value={days}
        onChange={(event) => setDays(event.currentTarget.value)}
      />
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Button variant="default" onClick={onClose}>
          Not now
        </Button>
        <Button type="submit" loading={make.isPending} disabled={name.trim() === ""}>
          Make the token
        </Button>
      </div>
    </form>
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
