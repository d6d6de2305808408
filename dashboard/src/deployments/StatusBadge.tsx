import type { Status } from "../api/types";
import { Badge } from "../ui/Badge";
import { STATUS } from "./status";

export function StatusBadge({ status }: { status: Status }) {
  const { word, tone } = STATUS[status];
  return <Badge tone={tone}>{word}</Badge>;
}
