import type { Call } from "../api/types";
import { Badge } from "../ui/Badge";
import { toneOf } from "./rules";

export function CallStatus({ call }: { call: Pick<Call, "status" | "error_type"> }) {
  return (
    <Badge tone={toneOf(call)}>
      {call.status}
      {call.error_type ? ` ${call.error_type}` : ""}
    </Badge>
  );
}
