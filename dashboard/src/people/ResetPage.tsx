import { Button, Switch, TextInput } from "@mantine/core";
import { IconMail } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, unwrap } from "../api/client";
import { messageOf } from "../api/problem";
import { Empty } from "../ui/Empty";
import { Page } from "../ui/Page";
import { tell } from "../ui/toast";

/** A new password for who has forgotten theirs: first the letter is asked for, then its link leads here. */
export function ResetPage() {
  const { token } = useSearch({ from: "/reset" });
  return <Page title="New password">{token === undefined ? <Ask /> : <Choose token={token} />}</Page>;
}

function Ask() {
  const [email, setEmail] = useState("");
  const ask = useMutation({
    mutationFn: () => unwrap(api.POST("/api/password-resets", { body: { email: email.trim() } })),
  });
  if (ask.isSuccess) {
    return (
      <Empty icon={IconMail} title="A letter is on its way">
        If there is an account with the address {email.trim()}, its letter has a link that is good for an
        hour.
      </Empty>
    );
  }
  return (
    <form
      className="stack"
      style={{ maxWidth: 320 }}
      onSubmit={(event) => {
        event.preventDefault();
        ask.mutate();
      }}
    >
      <TextInput
        label="E-mail"
        description="The link to choose a new password by is sent there"
        type="email"
        autoComplete="username"
        required
        value={email}
        error={ask.error ? messageOf(ask.error) : undefined}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <Button type="submit" loading={ask.isPending}>
        Send the link
      </Button>
    </form>
  );
}

function Choose({ token }: { token: string }) {
  const [password, setPassword] = useState("");
  const [everywhere, setEverywhere] = useState(false);
  const navigate = useNavigate();
  const choose = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/password-resets/complete", { body: { token, password, end_tokens: everywhere } }),
      ),
    onSuccess: async () => {
      tell("The password has changed. Sign in with it.");
      await navigate({ to: "/", replace: true });
    },
  });
  return (
    <form
      className="stack"
      style={{ maxWidth: 320 }}
      onSubmit={(event) => {
        event.preventDefault();
        choose.mutate();
      }}
    >
      <TextInput
        label="New password"
        description="At least 10 characters"
        type="password"
        autoComplete="new-password"
        minLength={10}
        required
        value={password}
        error={choose.error ? messageOf(choose.error) : undefined}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Switch
        label="Somebody else may have had the old one"
        description="Access tokens end, too, and not only sessions"
        checked={everywhere}
        onChange={(event) => setEverywhere(event.currentTarget.checked)}
      />
      <Button type="submit" loading={choose.isPending}>
        Choose it
      </Button>
    </form>
  );
}
