import { ActionIcon } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { copy } from "./clipboard";

interface Props {
  /** A long one may be made when it is wanted. */
  text: string | (() => string);
  what: string;
}

/** A button that copies, and says so. */
export function Copy({ text, what }: Props) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const label = copied ? "Copied" : `Copy ${what}`;
  return (
    <ActionIcon
      size="sm"
      aria-label={label}
      data-hint={label}
      onClick={(event) => {
        event.stopPropagation();
        void copy(typeof text === "string" ? text : text()).then(setCopied);
      }}
    >
      {copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
    </ActionIcon>
  );
}
