import { useConnection } from "../api/connection";
import { useOrganization } from "./useOrganization";

/** Why nothing can be changed now; null where it can. */
export function useWritable(): string | null {
  const connection = useConnection();
  const { mayWrite } = useOrganization();
  if (connection !== "live") return "The server does not answer: nothing can be changed now.";
  return mayWrite ? null : "Your role may look and not change.";
}
