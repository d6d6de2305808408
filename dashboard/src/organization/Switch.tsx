import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { queries } from "../api/queries";
import { useOrganization } from "./useOrganization";

// Most are in one only.
const Choice = lazy(() => import("./Choice").then(({ Choice }) => ({ default: Choice })));

/** The organization's name; a choice where somebody is in several. */
export function OrganizationSwitch() {
  const { data } = useQuery(queries.me());
  const { name, slug } = useOrganization();
  const organizations = data?.organizations ?? [];
  if (organizations.length < 2) return <span>{name}</span>;
  return (
    <Suspense fallback={<span>{name}</span>}>
      <Choice organizations={organizations} chosen={slug ?? ""} />
    </Suspense>
  );
}
