import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client";
import { connection } from "../api/connection";
import { queries } from "../api/queries";
import { session } from "../api/session";
import { Confirm } from "../ui/Confirm";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { AccessTokens } from "./AccessTokens";
import { Identities } from "./Identities";
import { Leaving } from "./Leaving";
import { Password } from "./Password";
import { Sessions } from "./Sessions";
import { TwoSteps } from "./TwoSteps";

/** One's own account: how one comes in, and what acts in one's name. */
export function ProfilePage() {
  const me = useQuery(queries.me());
  const [leaving, setLeaving] = useState(false);
  const signOut = async () => {
    await unwrap(api.POST("/api/sign-out"));
    session.forget();
    connection.set("signed-out");
  };
  return (
    <Page
      title="Profile"
      about="How you come in, and what acts in your name."
      actions={
        <Button variant="default" onClick={() => setLeaving(true)}>
          Sign out
        </Button>
      }
    >
      <QueryState query={me} failed="Your account could not be loaded">
        {(me) =>
          me === null ? null : (
            <>
              <p>
                {me.name} <span className="quiet">{me.email}</span>
              </p>
              <AccessTokens />
              <Sessions />
              <TwoSteps />
              <Password />
              <Identities />
              <Leaving me={me} />
            </>
          )
        }
      </QueryState>
      <Confirm
        opened={leaving}
        onClose={() => setLeaving(false)}
        title="Sign out?"
        action="Sign out"
        run={signOut}
      >
        What you typed stays in this browser. On a machine of your own without a password, the next start of{" "}
        <code>promptpilot up</code> prints a new link.
      </Confirm>
    </Page>
  );
}
