import { NativeSelect, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { messageOf } from "../api/problem";
import { expiry, LIFETIMES } from "./rules";
import { DialogForm } from "../ui/DialogForm";

interface Props {
  /** What is made, such as `key`. */
  what: string;
  /** Whom it is for. */
  about: string;
  /** How many days it lasts, unless something else is chosen; none means until it is revoked. */
  days: string;
  make: (name: string, expires: string | null) => Promise<string>;
  onClose: () => void;
  /** Takes the secret, which is shown once. */
  onMade: (secret: string) => void;
  /** What else there is to choose. */
  children?: ReactNode;
}

/** Asks for a new secret's name and its end. */
export function Issue({ what, about, days: usual, make, onClose, onMade, children }: Props) {
  const [name, setName] = useState("");
  const [days, setDays] = useState(usual);
  const making = useMutation({
    mutationFn: () => make(name, expiry(days, Date.now())),
    onSuccess: (secret) => {
      onMade(secret);
      onClose();
    },
  });
  return (
    <DialogForm
      action={`Make the ${what}`}
      busy={making.isPending}
      ready={name.trim() !== ""}
      onSubmit={() => making.mutate()}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        description={about}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={making.error ? messageOf(making.error) : undefined}
        autoComplete="off"
        required
        data-autofocus
      />
      <NativeSelect
        label="Ends"
        data={LIFETIMES}
        value={days}
        onChange={(event) => setDays(event.currentTarget.value)}
      />
      {children}
    </DialogForm>
  );
}
