import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, unwrap } from "../api/client";
import { queries } from "../api/queries";
import { chooseOrganization, session } from "../api/session";
import type { ShownInvitation } from "../api/types";
import { Failure } from "../ui/Failure";
import { moment } from "../ui/format";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { people } from "./queries";
import { ROLES } from "./roles";
import { SignIn } from "./SignIn";
import { SignUp } from "./SignUp";
import { useSignedIn } from "./useSignedIn";

/** What an invitation's link leads to. */
export function InvitePage() {
  const { token } = useParams({ from: "/invite/$token" });
  const invitation = useQuery(people.invitation(token));
  return (
    <Page title="Invitation">
      <QueryState query={invitation} failed="The invitation could not be shown">
        {(invitation) => <Shown invitation={invitation} token={token} />}
      </QueryState>
    </Page>
  );
}

function Shown({ invitation, token }: { invitation: ShownInvitation; token: string }) {
  const { organization, invited_by, role, expires } = invitation;
  const me = useQuery(queries.me());
  const [hasAccount, setHasAccount] = useState(false);
  const signedIn = useSignedIn();
  const navigate = useNavigate();
  const enter = async () => {
    session.forget();
    const joined = (await session.me())?.organizations.find(({ name }) => name === organization);
    if (joined) chooseOrganization(joined.slug);
    await signedIn();
    await navigate({ to: "/" });
  };
  return (
    <div className="stack" style={{ maxWidth: 420 }}>
      <p>
        {invited_by ?? "Somebody"} invites you to <strong>{organization}</strong> as {role} ({ROLES[role]}).
      </p>
      <p className="quiet small">Good once, until {moment(expires)}.</p>
      {me.data ? (
        <Join who={me.data.email} organization={organization} token={token} onDone={enter} />
      ) : hasAccount ? (
        <SignIn onDone={() => void signedIn()} invitation={token} />
      ) : (
        <SignUp email={invitation.email ?? null} invitation={token} onDone={enter} />
      )}
      {me.data ? null : (
        <Button variant="subtle" onClick={() => setHasAccount(!hasAccount)}>
          {hasAccount ? "I have no account yet" : "I have an account"}
        </Button>
      )}
    </div>
  );
}

interface JoinProps {
  who: string;
  organization: string;
  token: string;
  onDone: () => Promise<void>;
}

function Join({ who, organization, token, onDone }: JoinProps) {
  const join = useMutation({
    mutationFn: () => unwrap(api.POST("/api/invitations/accept", { body: { token } })),
    onSuccess: onDone,
  });
  return (
    <>
      <p>
        You are signed in as <strong>{who}</strong>.
      </p>
      <Failure error={join.error} />
      <Button loading={join.isPending} onClick={() => join.mutate()}>
        Join {organization}
      </Button>
    </>
  );
}
