import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client";
import { messageOf } from "../api/problem";

interface Props {
  /** Whom the invitation is for; null means anybody. */
  email: string | null;
  invitation: string;
  onDone: () => Promise<void>;
}

/** A new account, which takes up the invitation along the way. */
export function SignUp({ email: invited, invitation, onDone }: Props) {
  const [email, setEmail] = useState(invited ?? "");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const enter = useMutation({
    mutationFn: () => unwrap(api.POST("/api/sign-up", { body: { email, name, password, invitation } })),
    onSuccess: onDone,
  });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        enter.mutate();
      }}
    >
      <TextInput
        label="Name"
        description="What others see"
        autoComplete="name"
        required
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="E-mail"
        type="email"
        autoComplete="username"
        required
        readOnly={invited !== null}
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <TextInput
        label="Password"
        description="At least 10 characters"
        type="password"
        autoComplete="new-password"
        minLength={10}
        required
        value={password}
        error={enter.error ? messageOf(enter.error) : undefined}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button type="submit" loading={enter.isPending}>
        Sign up and join
      </Button>
    </form>
  );
}
