import { Button } from "@mantine/core";
import type { ReactNode } from "react";

/** The last cell of a row: what may be done with it. */
export function RowActions({ children }: { children: ReactNode }) {
  return (
    <td className="number">
      <span className="row" style={{ justifyContent: "flex-end" }}>
        {children}
      </span>
    </td>
  );
}

interface Props {
  word: string;
  /** What it is done to, for those who hear the page: `Delete staging`. */
  to: string;
  /** Why it cannot be done now; null where it can. */
  blocked?: string | null;
  loading?: boolean;
  onClick: () => void;
}

/** One thing that may be done with a row. */
export function RowButton({ word, to, blocked = null, loading = false, onClick }: Props) {
  return (
    <Button
      variant="default"
      disabled={blocked !== null}
      title={blocked ?? ""}
      loading={loading}
      aria-label={`${word} ${to}`}
      onClick={onClick}
    >
      {word}
    </Button>
  );
}
