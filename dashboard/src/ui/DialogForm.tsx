import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { Failure } from "./Failure";

interface Props {
  /** The button's word. */
  action: string;
  /** The other button's: what happens without it. */
  leave?: string;
  danger?: boolean;
  busy: boolean;
  /** Whether what is written so far can be sent. */
  ready?: boolean;
  error?: unknown;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** What a dialog asks for, why it did not work, and the two ways out. */
export function DialogForm(props: Props) {
  const { action, leave = "Not now", danger = false, busy, ready = true, error = null } = props;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) props.onSubmit();
      }}
    >
      {props.children}
      <Failure error={error} />
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Button variant="default" onClick={props.onClose}>
          {leave}
        </Button>
        <Button type="submit" color={danger ? "danger" : "accent"} loading={busy} disabled={!ready}>
          {action}
        </Button>
      </div>
    </form>
  );
}
