import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, unwrap, write } from "../api/client";
import { connection } from "../api/connection";
import { session, type Me } from "../api/session";
import { useOrganization } from "../organization/useOrganization";
import { Confirm } from "../ui/Confirm";

/** The ways out: of the organization, and of Prompt Pilot. */
export function Leaving({ me }: { me: Me }) {
  const [asking, setAsking] = useState<"leave" | "delete" | null>(null);
  const { name } = useOrganization();
  const done = () => setAsking(null);
  return (
    <section className="panel" aria-labelledby="leaving">
      <header>
        <h2 id="leaving">Leaving</h2>
      </header>
      <div className="inside stack">
        <div className="spread">
          <span>
            Leave {name}. <span className="quiet">What you deployed stays; your tokens for it end.</span>
          </span>
          <Button variant="default" onClick={() => setAsking("leave")}>
            Leave {name}
          </Button>
        </div>
        <div className="spread">
          <span>
            Delete your account.{" "}
            <span className="quiet">
              Organizations that nobody else is in go with it, if nothing is deployed.
            </span>
          </span>
          <Button variant="light" color="danger" onClick={() => setAsking("delete")}>
            Delete my account
          </Button>
        </div>
      </div>
      <Leave opened={asking === "leave"} onClose={done} />
      <Delete opened={asking === "delete"} onClose={done} me={me} />
    </section>
  );
}

interface Props {
  opened: boolean;
  onClose: () => void;
}

function Leave({ opened, onClose }: Props) {
  const { name, slug, role } = useOrganization();
  const run = async () => {
    if (slug === null) return;
    await write((key) =>
      api.POST("/api/organizations/{organization}/leave", {
        params: { path: { organization: slug }, header: { "idempotency-key": key } },
      }),
    );
    session.forget();
    // Nothing of it may stay on a page.
    window.location.assign("/");
  };
  return (
    <Confirm
      opened={opened}
      onClose={onClose}
      title={`Leave ${name}?`}
      action="Leave it"
      danger
      typed={name}
      run={run}
    >
      You see nothing of it any more, until somebody invites you again.
      {role === "owner" ? " Its last owner cannot leave: make somebody else an owner first." : ""}
    </Confirm>
  );
}

function Delete({ opened, onClose, me }: Props & { me: Me }) {
  const [password, setPassword] = useState("");
  const run = async () => {
    await unwrap(api.DELETE("/api/me", { body: { password } }));
    session.forget();
    connection.set("signed-out");
  };
  return (
    <Confirm
      opened={opened}
      onClose={onClose}
      title="Delete your account?"
      action="Delete it"
      danger
      typed={me.email}
      run={run}
    >
      <div className="stack">
        <p>
          Your tokens and sessions end at once, and nobody can bring the account back. What others share with
          you stays theirs: where you are the only owner of an organization with others in it, make one of
          them an owner first.
        </p>
        <TextInput
          label="Password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
      </div>
    </Confirm>
  );
}
