import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

interface Props {
  label: string;
  names: readonly string[];
  /** What a name is shown as. */
  show?: (name: string) => ReactNode;
}

/** Names, one below the other. */
export function Names({ label, names, show = (name) => name }: Props) {
  return (
    <ul style={{ margin: 0, paddingLeft: 20 }} aria-label={label}>
      {names.map((name) => (
        <li key={name}>{show(name)}</li>
      ))}
    </ul>
  );
}

/** Endpoints that use a prompt, each with the way to it. */
export function EndpointList({ names }: Pick<Props, "names">) {
  return (
    <Names
      label="Used by"
      names={names}
      show={(name) => (
        <Link to="/endpoints/$name" params={{ name }}>
          {name}
        </Link>
      )}
    />
  );
}
