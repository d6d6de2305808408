import { useConnection } from "../api/connection";
import { useOrganization } from "./useOrganization";

/** Why an operation, such as `POST /api/deployments`, cannot be done now; null where it can. */
export function useWritable(operation: string): string | null {
  const connection = useConnection();
  const { may, role } = useOrganization();
  if (connection !== "live") return "The server does not answer: nothing can be changed now.";
  return may(operation) ? null : `Your role, ${role ?? "unknown"}, may look at this and not do it.`;
}
