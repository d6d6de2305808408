/** What lists of calls can be kept to. */
import type { Within } from "../api/callFilter";

interface Choice {
  value: string;
  label: string;
}

export const TIMES: (Choice & { within?: Within })[] = [
  { value: "", label: "Any time" },
  { value: "1h", label: "Last hour", within: "1h" },
  { value: "24h", label: "Last 24 hours", within: "24h" },
  { value: "7d", label: "Last 7 days", within: "7d" },
];

const CLASSES: Choice[] = [
  { value: "", label: "Any status" },
  { value: "2xx", label: "Answered (2xx)" },
  { value: "4xx", label: "Refused (4xx)" },
  { value: "5xx", label: "Failed (5xx)" },
];

/** The statuses to choose from, with the one that the address names. */
export const statuses = (status: string | undefined): Choice[] =>
  status === undefined || CLASSES.some(({ value }) => value === status)
    ? CLASSES
    : [...CLASSES, { value: status, label: status }];
