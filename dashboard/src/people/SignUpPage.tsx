import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { queries } from "../api/queries";
import { Page } from "../ui/Page";
import { SignUp } from "./SignUp";
import { useSignedIn } from "./useSignedIn";

/** An account for whoever comes, where the server takes anybody. */
export function SignUpPage() {
  const me = useQuery(queries.me());
  const signedIn = useSignedIn();
  const navigate = useNavigate();
  if (me.data) {
    return (
      <Page title="Sign up">
        <p>
          You are signed in as <strong>{me.data.email}</strong>. <Link to="/">Go to the overview</Link>
        </p>
      </Page>
    );
  }
  return (
    <Page title="Sign up">
      <div className="stack" style={{ maxWidth: 420 }}>
        <p className="quiet">
          You get an organization of your own. Whether anybody may sign up here is up to whoever keeps the
          server; if you were invited, open the link that you were sent instead.
        </p>
        <SignUp
          onDone={async () => {
            await signedIn();
            await navigate({ to: "/" });
          }}
        />
      </div>
    </Page>
  );
}
