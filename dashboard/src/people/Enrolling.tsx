import { Modal, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client";
import type { Enrolment } from "../api/types";
import { Code } from "../ui/Code";
import { DialogForm } from "../ui/DialogForm";
import { PasswordAgain } from "./PasswordAgain";
import { SECOND_STEP } from "./words";

interface Props {
  opened: boolean;
  onClose: () => void;
  /** Recovery codes, once the first code was right. */
  onCodes: (codes: string[]) => void;
}

const WORDS = SECOND_STEP.setUp;

/** Begins with an authenticator: password, secret, first code. */
export function Enrolling({ opened, onClose, onCodes }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={WORDS.title}>
      <Steps onClose={onClose} onCodes={onCodes} />
    </Modal>
  );
}

function Steps({ onClose, onCodes }: Omit<Props, "opened">) {
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  return enrolment === null ? (
    <Password onClose={onClose} onDone={setEnrolment} />
  ) : (
    <FirstCode enrolment={enrolment} onClose={onClose} onCodes={onCodes} />
  );
}

function Password({ onClose, onDone }: { onClose: () => void; onDone: (enrolment: Enrolment) => void }) {
  const [password, setPassword] = useState("");
  const begin = useMutation({
    mutationFn: () => unwrap(api.POST("/api/me/authenticator", { body: { password } })),
    onSuccess: onDone,
  });
  return (
    <DialogForm
      action="Go on"
      busy={begin.isPending}
      ready={password !== ""}
      error={begin.error}
      onSubmit={() => begin.mutate()}
      onClose={onClose}
    >
      <PasswordAgain value={password} onChange={setPassword} />
    </DialogForm>
  );
}

function FirstCode({ enrolment, onClose, onCodes }: Omit<Props, "opened"> & { enrolment: Enrolment }) {
  const [code, setCode] = useState("");
  const confirm = useMutation({
    mutationFn: () => unwrap(api.POST("/api/me/authenticator/confirm", { body: { code: code.trim() } })),
    onSuccess: ({ codes }) => onCodes(codes),
  });
  return (
    <DialogForm
      action="Turn it on"
      busy={confirm.isPending}
      ready={code.trim() !== ""}
      error={confirm.error}
      onSubmit={() => confirm.mutate()}
      onClose={onClose}
    >
      <p>{WORDS.scan}</p>
      <img
        src={`data:image/svg+xml,${encodeURIComponent(enrolment.qr)}`}
        alt={WORDS.picture}
        width={200}
        height={200}
        style={{ alignSelf: "center" }}
      />
      <Code text={enrolment.secret} what="the secret" wrap />
      <TextInput
        label="Code"
        description={WORDS.first}
        inputMode="numeric"
        autoComplete="one-time-code"
        required
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
        data-autofocus
      />
    </DialogForm>
  );
}
