import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client";
import type { Identity } from "../api/types";
import { Ago } from "../ui/Ago";
import { Confirm } from "../ui/Confirm";
import { ListSection, Table } from "../ui/ListSection";
import { QueryState } from "../ui/QueryState";
import { PasswordAgain } from "./PasswordAgain";
import { people } from "./queries";
import { Refused } from "./Refused";
import { IDENTITIES } from "./words";

/** Who one is at the provider, where there is one: a way in beside the password. */
export function Identities() {
  const oidc = useQuery(people.ways()).data?.oidc;
  return oidc ? <At provider={oidc.name} /> : null;
}

function At({ provider }: { provider: string }) {
  const identities = useQuery(people.identities());
  const client = useQueryClient();
  const [linking, setLinking] = useState(false);
  const [leaving, setLeaving] = useState<Identity | null>(null);
  const link = async (password: string) => {
    const { url } = await unwrap(api.POST("/api/me/identities", { body: { password } }));
    window.location.assign(url);
  };
  const unlink = async (password: string) => {
    if (leaving === null) return;
    const path = { id: leaving.id };
    await unwrap(api.DELETE("/api/me/identities/{id}", { params: { path }, body: { password } }));
    await client.invalidateQueries({ queryKey: people.identities().queryKey });
  };
  return (
    <ListSection
      id="identities"
      title={`Signing in by ${provider}`}
      about={IDENTITIES.about}
      action={
        <Button variant="default" onClick={() => setLinking(true)}>
          Link an account
        </Button>
      }
    >
      <Refused />
      <QueryState query={identities} failed={IDENTITIES.failed}>
        {({ items }) =>
          items.length === 0 ? null : (
            <Table columns={["Provider", "Linked"]}>
              {items.map((identity) => (
                <tr key={identity.id}>
                  <td className="lead">{identity.issuer}</td>
                  <td data-label="Linked">
                    <Ago time={identity.linked} />
                  </td>
                  <td className="number">
                    <Button
                      variant="default"
                      aria-label={`Unlink ${identity.issuer}`}
                      onClick={() => setLeaving(identity)}
                    >
                      Unlink
                    </Button>
                  </td>
                </tr>
              ))}
            </Table>
          )
        }
      </QueryState>
      <ByPassword opened={linking} onClose={() => setLinking(false)} words={IDENTITIES.link} run={link} />
      <ByPassword
        opened={leaving !== null}
        onClose={() => setLeaving(null)}
        words={IDENTITIES.unlink}
        danger
        run={unlink}
      />
    </ListSection>
  );
}

interface Props {
  opened: boolean;
  onClose: () => void;
  words: { title: string; action: string; about: string };
  danger?: boolean;
  run: (password: string) => Promise<unknown>;
}

/** A question that takes the password once more. */
function ByPassword({ opened, onClose, words, danger = false, run }: Props) {
  const [password, setPassword] = useState("");
  const close = () => {
    setPassword("");
    onClose();
  };
  return (
    <Confirm
      opened={opened}
      onClose={close}
      title={words.title}
      action={words.action}
      danger={danger}
      run={() => run(password)}
    >
      <div className="stack">
        <p>{words.about}</p>
        <PasswordAgain value={password} onChange={setPassword} />
      </div>
    </Confirm>
  );
}
