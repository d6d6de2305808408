import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client";
import { CredentialFields } from "./Credentials";

interface Props {
  /** Whom the invitation is for; null means anybody. */
  email: string | null;
  invitation: string;
  onDone: () => Promise<void>;
}

/** A new account, which takes up the invitation along the way. */
export function SignUp({ email: invited, invitation, onDone }: Props) {
  const [name, setName] = useState("");
  const [credentials, setCredentials] = useState({ email: invited ?? "", password: "" });
  const enter = useMutation({
    mutationFn: () => unwrap(api.POST("/api/sign-up", { body: { ...credentials, name, invitation } })),
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
      <CredentialFields
        value={credentials}
        onChange={setCredentials}
        fresh
        fixed={invited !== null}
        error={enter.error}
      />
      <Button type="submit" loading={enter.isPending}>
        Sign up and join
      </Button>
    </form>
  );
}
