import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { api, unwrap } from "../api/client";
import { arrival } from "./arrival";
import { CredentialFields } from "./Credentials";
import { OtherWays } from "./OtherWays";
import { people } from "./queries";

const SecondStep = lazy(() => import("./SecondStep").then(({ SecondStep }) => ({ default: SecondStep })));

interface Props {
  onDone: () => void;
  /** The invitation that is to be decided on afterwards. */
  invitation?: string;
}

export function SignIn({ onDone, invitation }: Props) {
  const [credentials, setCredentials] = useState({ email: "", password: "" });
  const signUp = useQuery(people.ways()).data?.sign_up === true;
  const [challenge, setChallenge] = useState(arrival.get().challenge);
  const done = () => {
    arrival.forget();
    onDone();
  };
  const enter = useMutation({
    mutationFn: () => unwrap(api.POST("/api/sign-in", { body: credentials })),
    onSuccess: (answer) => ("challenge" in answer ? setChallenge(answer.challenge) : done()),
  });
  const again = () => {
    arrival.forget();
    setCredentials({ email: "", password: "" });
    setChallenge(null);
  };
  if (challenge !== null) {
    return (
      <Suspense>
        <SecondStep challenge={challenge} onDone={done} onAgain={again} />
      </Suspense>
    );
  }
  return (
    <form
      className="stack"
      style={{ width: "min(100%, 320px)", textAlign: "left" }}
      onSubmit={(event) => {
        event.preventDefault();
        enter.mutate();
      }}
    >
      <CredentialFields value={credentials} onChange={setCredentials} fresh={false} error={enter.error} />
      <Button type="submit" loading={enter.isPending}>
        Sign in
      </Button>
      <div className="spread small">
        <Link to="/reset">Forgot your password?</Link>
        {invitation === undefined && signUp ? <Link to="/sign-up">Sign up</Link> : null}
      </div>
      <OtherWays invitation={invitation} />
    </form>
  );
}
