import { Button, NativeSelect } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, write } from "../api/client";
import type { Member, Role } from "../api/types";
import { useCreate } from "../app/useKeys";
import { useOrganization } from "../organization/useOrganization";
import { useWritable } from "../organization/useWritable";
import { Ago } from "../ui/Ago";
import { Confirm } from "../ui/Confirm";
import { Table } from "../ui/ListSection";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { tell, tellTrouble, tellWithUndo } from "../ui/toast";
import { Invitations } from "./Invitations";
import { NewInvitation } from "./NewInvitation";
import { people } from "./queries";
import { given, untouchable } from "./roles";
import { useSignedIn } from "./useSignedIn";

const INVITE = "POST /api/organizations/{organization}/invitations";
const CHANGE = "PATCH /api/organizations/{organization}/members/{id}";

/** Who may do what in the organization. */
export function MembersPage() {
  const { name, slug } = useOrganization();
  const members = useQuery({ ...people.members(slug ?? ""), enabled: slug !== null });
  const blocked = useWritable(INVITE);
  const [inviting, setInviting] = useState(false);
  useCreate(() => setInviting(true));
  return (
    <Page
      title="Members"
      about={`Who is in ${name}. What somebody may do follows from their role, in the pages, the API and the command line alike.`}
      actions={
        <Button disabled={blocked !== null} title={blocked ?? ""} onClick={() => setInviting(true)}>
          Invite
        </Button>
      }
    >
      <QueryState query={members} failed="Members could not be loaded">
        {({ items }) => (slug === null ? null : <List organization={slug} members={items} />)}
      </QueryState>
      {slug === null || blocked !== null ? null : (
        <>
          <Invitations organization={slug} />
          <NewInvitation organization={slug} opened={inviting} onClose={() => setInviting(false)} />
        </>
      )}
    </Page>
  );
}

function List({ organization, members }: { organization: string; members: Member[] }) {
  const { person } = useOrganization();
  const [leaving, setLeaving] = useState<Member | null>(null);
  return (
    <>
      <Table columns={["Name", "E-mail", "Role", "Since"]}>
        {members.map((member) => (
          <tr key={member.id}>
            <td className="lead name">
              {member.name} {member.id === person ? <span className="quiet">(you)</span> : null}
            </td>
            <td data-label="E-mail">{member.email}</td>
            <td data-label="Role">
              <RoleOf organization={organization} member={member} />
            </td>
            <td data-label="Since">
              <Ago time={member.since} />
            </td>
            <td className="number">
              {member.id === person ? null : <Remove member={member} onRemove={setLeaving} />}
            </td>
          </tr>
        ))}
      </Table>
      <Removal organization={organization} member={leaving} onClose={() => setLeaving(null)} />
    </>
  );
}

/** What somebody is, to be changed at once and taken back. */
function RoleOf({ organization, member }: { organization: string; member: Member }) {
  const { role: own, person } = useOrganization();
  const writable = useWritable(CHANGE);
  const blocked = writable ?? untouchable(own, member.role);
  const client = useQueryClient();
  const signedIn = useSignedIn();
  const change = useMutation({
    mutationFn: (role: Role) =>
      write((key) =>
        api.PATCH("/api/organizations/{organization}/members/{id}", {
          params: { path: { organization, id: member.id }, header: { "idempotency-key": key } },
          body: { role },
        }),
      ),
    onSuccess: () =>
      member.id === person
        ? signedIn()
        : client.invalidateQueries({ queryKey: people.members(organization).queryKey }),
    onError: (error) => tellTrouble(`${member.name} is ${member.role} as before`, error),
  });
  return (
    <NativeSelect
      aria-label={`Role of ${member.name}`}
      title={blocked ?? ""}
      disabled={blocked !== null || change.isPending}
      data={blocked === null ? given(own) : [member.role]}
      value={change.isPending ? change.variables : member.role}
      onChange={(event) => {
        const role = event.currentTarget.value as Role;
        change.mutate(role, {
          onSuccess: () => {
            if (member.id !== person)
              tellWithUndo(`${member.name} is ${role} now.`, () => change.mutate(member.role));
          },
        });
      }}
    />
  );
}

function Remove({ member, onRemove }: { member: Member; onRemove: (member: Member) => void }) {
  const { role } = useOrganization();
  const writable = useWritable(`DELETE /api/organizations/{organization}/members/{id}`);
  const blocked = writable ?? untouchable(role, member.role);
  return (
    <Button
      variant="default"
      disabled={blocked !== null}
      title={blocked ?? ""}
      aria-label={`Remove ${member.name}`}
      onClick={() => onRemove(member)}
    >
      Remove
    </Button>
  );
}

interface RemovalProps {
  organization: string;
  member: Member | null;
  onClose: () => void;
}

function Removal({ organization, member, onClose }: RemovalProps) {
  const client = useQueryClient();
  const run = async () => {
    if (!member) return;
    await write((key) =>
      api.DELETE("/api/organizations/{organization}/members/{id}", {
        params: { path: { organization, id: member.id }, header: { "idempotency-key": key } },
      }),
    );
    await client.invalidateQueries({ queryKey: people.members(organization).queryKey });
    tell(`${member.name} is not a member any more.`);
  };
  return (
    <Confirm
      opened={member !== null}
      onClose={onClose}
      title={`Remove ${member?.name ?? ""}?`}
      action="Remove them"
      danger
      run={run}
    >
      Their access tokens for this organization end with it. What they deployed stays as it is.
    </Confirm>
  );
}
