import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { api, unwrap } from "../api/client";
import { CredentialFields } from "./Credentials";

const SecondStep = lazy(() => import("./SecondStep").then(({ SecondStep }) => ({ default: SecondStep })));

export function SignIn({ onDone }: { onDone: () => void }) {
  const [credentials, setCredentials] = useState({ email: "", password: "" });
  const [challenge, setChallenge] = useState<string | null>(null);
  const enter = useMutation({
    mutationFn: () => unwrap(api.POST("/api/sign-in", { body: credentials })),
    onSuccess: (answer) => ("challenge" in answer ? setChallenge(answer.challenge) : onDone()),
  });
  const again = () => {
    setCredentials({ email: "", password: "" });
    setChallenge(null);
  };
  if (challenge !== null) {
    return (
      <Suspense>
        <SecondStep challenge={challenge} onDone={onDone} onAgain={again} />
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
      <Link to="/reset" className="small">
        Forgot your password?
      </Link>
    </form>
  );
}
