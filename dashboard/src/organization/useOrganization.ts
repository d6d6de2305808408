/** Whom all of this belongs to, and what its person may do. */
import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/queries";

export interface Organization {
  name: string;
  environment: string;
  /** The person's role; null until it is known. */
  role: string | null;
  /** Whether the role opens an operation, such as `POST /api/deployments`. */
  may: (operation: string) => boolean;
}

export function useOrganization(): Organization {
  const { data } = useQuery(queries.me());
  const first = data?.organizations[0];
  return {
    name: first?.name ?? "…",
    environment: "production",
    role: first?.role ?? null,
    may: (operation) => first === undefined || first.permissions.includes(operation),
  };
}
