/** The words of an address. */
import { PLACES } from "./nav";

export interface Crumb {
  word: string;
  to: string;
}

export function crumbs(path: string): Crumb[] {
  const parts = path.split("/").filter((part) => part !== "");
  if (parts.length === 0) return [{ word: "Overview", to: "/" }];
  // What follows in its address is a secret.
  if (parts[0] === "invite") return [{ word: "Invitation", to: path }];
  if (parts[0] === "sign-up") return [{ word: "Sign up", to: path }];
  if (parts[0] === "reset") return [{ word: "New password", to: path }];
  if (parts[0] === "verify") return [{ word: "Your address", to: path }];
  if (parts[0] === "device") return [{ word: "Command line", to: path }];
  return parts.map((part, index) => {
    const to = `/${parts.slice(0, index + 1).join("/")}`;
    return { word: index === 0 ? place(to, part) : wordOf(parts, index), to };
  });
}

const place = (to: string, part: string): string =>
  PLACES.find((place) => place.to === to)?.word ?? decodeURIComponent(part);

function wordOf(parts: string[], index: number): string {
  const part = decodeURIComponent(parts[index] ?? "");
  if (parts[0] === "deployments") return part.slice(0, 8);
  if (parts[0] !== "endpoints") return part;
  if (index === 1 && part === "new") return "New endpoint";
  return index === 2 && part === "design" ? "Designer" : part;
}
