import { Button, TextInput } from "@mantine/core";
import { IconMail } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client";
import { Empty } from "../ui/Empty";
import { CredentialFields } from "./Credentials";
import { OtherWays } from "./OtherWays";

/** The account is made, and its address has to be confirmed. */
const CONFIRM = 202;

interface Props {
  /** Whom the invitation is for; null means anybody. */
  email?: string | null;
  /** Its token; without one, the server has to take anybody. */
  invitation?: string;
  onDone: () => Promise<void>;
}

/** A new account, which takes up the invitation along the way where there is one. */
export function SignUp({ email: invited = null, invitation, onDone }: Props) {
  const [name, setName] = useState("");
  const [credentials, setCredentials] = useState({ email: invited ?? "", password: "" });
  const enter = useMutation({
    mutationFn: async () => {
      const account = { ...credentials, name };
      const body = invitation === undefined ? account : { ...account, invitation };
      const answer = await api.POST("/api/sign-up", { body });
      await unwrap(Promise.resolve(answer));
      return answer.response.status === CONFIRM;
    },
    onSuccess: (confirm) => (confirm ? undefined : onDone()),
  });
  if (enter.data) {
    return (
      <Empty icon={IconMail} title="Confirm your address">
        A letter to {credentials.email} has a link that does it. Sign in afterwards.
      </Empty>
    );
  }
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
        {invitation === undefined ? "Sign up" : "Sign up and join"}
      </Button>
      <OtherWays invitation={invitation} />
    </form>
  );
}
