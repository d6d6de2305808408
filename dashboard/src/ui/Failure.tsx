import { ApiError, messageOf } from "../api/problem";

/** Why what was asked for did not happen, and what to do about it; nothing where it did. */
export function Failure({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null;
  const hint = error instanceof ApiError ? error.problem?.hint : undefined;
  return (
    <p role="alert" style={{ color: "var(--bad)" }}>
      {messageOf(error)}
      {hint ? ` To mend it: ${hint}.` : ""}
    </p>
  );
}
