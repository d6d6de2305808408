import { IconLock } from "@tabler/icons-react";
import { SignIn } from "../people/SignIn";
import { useSignedIn } from "../people/useSignedIn";
import { Empty } from "../ui/Empty";
import { Page } from "../ui/Page";

/** Shown in a page's place while the server does not know who asks. */
export function SignedOut() {
  const again = useSignedIn();
  return (
    <Page title="Sign in">
      <Empty
        icon={IconLock}
        title="This browser is not signed in"
        action={<SignIn onDone={() => void again()} />}
        command="promptpilot up"
      >
        On a machine of your own, Prompt Pilot prints a link at its start that opens the dashboard, once. What
        you typed is kept.
      </Empty>
    </Page>
  );
}
