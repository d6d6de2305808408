import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, unwrap } from "../api/client";
import { ApiError, messageOf } from "../api/problem";

interface Props {
  /** What the first step answered. */
  challenge: string;
  onDone: () => void;
  /** Back to the first step. */
  onAgain: () => void;
}

/** What is asked for after the password: a code. */
export function SecondStep({ challenge, onDone, onAgain }: Props) {
  const [code, setCode] = useState("");
  const input = useRef<HTMLInputElement>(null);
  // Whoever is here has just pressed the button that this form took the place of.
  useEffect(() => input.current?.focus(), []);
  const complete = useMutation({
    mutationFn: () => unwrap(api.POST("/api/sign-in/complete", { body: { challenge, code: code.trim() } })),
    onSuccess: onDone,
    onError: () => setCode(""),
  });
  const { error } = complete;
  const over = error instanceof ApiError && error.kind === "challenge-not-found";
  return (
    <form
      className="stack"
      style={{ width: "min(100%, 320px)", textAlign: "left" }}
      onSubmit={(event) => {
        event.preventDefault();
        complete.mutate();
      }}
    >
      <TextInput
        label="Code"
        description="What your authenticator shows, or a recovery code"
        autoComplete="one-time-code"
        autoCapitalize="off"
        spellCheck={false}
        required
        ref={input}
        value={code}
        error={error ? messageOf(error) : undefined}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <Button type="submit" loading={complete.isPending} disabled={over}>
        Go on
      </Button>
      <Button variant="subtle" onClick={onAgain}>
        Sign in as somebody else
      </Button>
    </form>
  );
}
