/** Whom all of this belongs to, and what its person may do. */
import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/queries";
import { meantEnvironment, meantOrganization } from "../api/session";
import type { Role } from "../api/types";

export interface Organization {
  /** Whether the server has said who asks. */
  known: boolean;
  name: string;
  /** Its name in addresses; null until it is known. */
  slug: string | null;
  environment: string;
  /** The person's id and role; null until they are known. */
  person: string | null;
  role: Role | null;
  /** Whether the role opens an operation, such as `POST /api/deployments`. */
  may: (operation: string) => boolean;
}

export function useOrganization(): Organization {
  const { data } = useQuery(queries.me());
  const meant = meantOrganization(data ?? null);
  return {
    known: data !== undefined,
    name: meant?.name ?? "…",
    slug: meant?.slug ?? null,
    environment: meantEnvironment(),
    person: data?.id ?? null,
    role: meant?.role ?? null,
    may: (operation) => meant === undefined || meant.permissions.includes(operation),
  };
}
