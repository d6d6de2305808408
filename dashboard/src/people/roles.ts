/** What people are in an organization, and who may make them that. */
import type { Role } from "../api/types";

/** Each may do all that those before it may. */
export const ROLES: Record<Role, string> = {
  viewer: "looks at everything",
  developer: "deploys and rolls back, too",
  admin: "keys and people, too",
  owner: "everything",
};

const ORDER = Object.keys(ROLES) as Role[];

/** The roles that somebody of a role may give. */
export const given = (role: Role | null): Role[] =>
  role === "owner" ? ORDER : ORDER.filter((known) => known !== "owner");

export const choices = (role: Role | null): { value: Role; label: string }[] =>
  given(role).map((value) => ({ value, label: `${value}: ${ROLES[value]}` }));

/** Why somebody of a role cannot change a member; null where they can. */
export function untouchable(role: Role | null, member: Role): string | null {
  return member === "owner" && role !== "owner" ? "Only an owner changes owners." : null;
}
