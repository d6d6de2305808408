import { Button, TextInput } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client";
import { connection } from "../api/connection";
import { messageOf } from "../api/problem";
import { session } from "../api/session";
import { Empty } from "../ui/Empty";
import { Page } from "../ui/Page";

/** Shown in a page's place while the server does not know who asks. */
export function SignedOut() {
  const client = useQueryClient();
  const again = () => {
    session.forget();
    connection.set("live");
    void client.invalidateQueries();
  };
  return (
    <Page title="Sign in">
      <Empty
        icon={IconLock}
        title="This browser is not signed in"
        action={<SignIn onDone={again} />}
        command="promptpilot up"
      >
        On a machine of your own, Prompt Pilot prints a link at its start that opens the dashboard, once. What
        you typed is kept.
      </Empty>
    </Page>
  );
}

function SignIn({ onDone }: { onDone: () => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const enter = useMutation({
    mutationFn: () => unwrap(api.POST("/api/sign-in", { body: { email, password } })),
    onSuccess: onDone,
  });
  return (
    <form
      className="stack"
      style={{ width: "min(100%, 320px)", textAlign: "left" }}
      onSubmit={(event) => {
        event.preventDefault();
        enter.mutate();
      }}
    >
      <TextInput
        label="E-mail"
        type="email"
        autoComplete="username"
        required
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <TextInput
        label="Password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        error={enter.error ? messageOf(enter.error) : undefined}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button type="submit" loading={enter.isPending}>
        Sign in
      </Button>
    </form>
  );
}
