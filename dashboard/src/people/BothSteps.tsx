import { TextInput } from "@mantine/core";
import { useState } from "react";
import { Confirm } from "../ui/Confirm";
import { PasswordAgain } from "./PasswordAgain";

export interface Both {
  password: string;
  code: string;
}

interface Props {
  opened: boolean;
  onClose: () => void;
  words: { title: string; action: string; about: string };
  danger?: boolean;
  run: (both: Both) => Promise<unknown>;
}

/** A question that takes password and code once more. */
export function BothSteps({ opened, onClose, words, danger = false, run }: Props) {
  const [both, setBoth] = useState<Both>({ password: "", code: "" });
  const close = () => {
    setBoth({ password: "", code: "" });
    onClose();
  };
  return (
    <Confirm
      opened={opened}
      onClose={close}
      title={words.title}
      action={words.action}
      danger={danger}
      run={() => run({ ...both, code: both.code.trim() })}
    >
      <div className="stack">
        <p>{words.about}</p>
        <PasswordAgain value={both.password} onChange={(password) => setBoth({ ...both, password })} />
        <TextInput
          label="Code"
          description="What your authenticator shows, or a recovery code"
          autoComplete="one-time-code"
          autoCapitalize="off"
          spellCheck={false}
          required
          value={both.code}
          onChange={(event) => setBoth({ ...both, code: event.currentTarget.value })}
        />
      </div>
    </Confirm>
  );
}
