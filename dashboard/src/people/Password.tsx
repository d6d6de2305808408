import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client";
import { messageOf } from "../api/problem";
import { tell } from "../ui/toast";
import { people } from "./queries";

/** A new password, which ends all other sessions. */
export function Password() {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: () => unwrap(api.PUT("/api/me/password", { body: { current, new: next } })),
    onSuccess: async () => {
      setCurrent("");
      setNext("");
      tell("The password has changed; all other browsers are signed out.");
      await client.invalidateQueries({ queryKey: people.sessions().queryKey });
    },
  });
  return (
    <section className="stack" aria-labelledby="password" style={{ maxWidth: 320 }}>
      <h2 id="password">Password</h2>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <TextInput
          label="Current password"
          type="password"
          autoComplete="current-password"
          required
          value={current}
          error={change.error ? messageOf(change.error) : undefined}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <TextInput
          label="New password"
          description="At least 10 characters"
          type="password"
          autoComplete="new-password"
          minLength={10}
          required
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <Button type="submit" loading={change.isPending} style={{ alignSelf: "flex-start" }}>
          Change it
        </Button>
      </form>
    </section>
  );
}
