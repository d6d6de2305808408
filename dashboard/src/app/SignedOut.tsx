import { Button } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { connection } from "../api/connection";
import { Empty } from "../ui/Empty";
import { Page } from "../ui/Page";

/** Shown in a page's place while the server does not know who asks. */
export function SignedOut() {
  const client = useQueryClient();
  const again = () => {
    connection.set("live");
    void client.invalidateQueries();
  };
  return (
    <Page title="Open your link">
      <Empty
        icon={IconLock}
        title="This browser is not signed in"
        action={<Button onClick={again}>I have opened it: go on</Button>}
        command="promptpilot up"
      >
        At its start, Prompt Pilot prints a link that opens the dashboard. It works once and lets this browser
        in until Prompt Pilot ends. What you typed is kept.
      </Empty>
    </Page>
  );
}
