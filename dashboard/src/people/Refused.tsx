import { arrival } from "./arrival";
import { refusalWords } from "./words";

/** Why a browser that went to a provider came back with nothing; nothing where none did. */
export function Refused() {
  const { refused } = arrival.get();
  if (refused === null) return null;
  return (
    <p role="alert" style={{ color: "var(--bad)" }}>
      {refusalWords(refused)}
    </p>
  );
}
