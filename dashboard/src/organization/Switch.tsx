import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { queries } from "../api/queries";
import { chooseEnvironment, chooseOrganization, DEFAULT_ENVIRONMENT } from "../api/session";
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
      <Choice
        label="Organization"
        choices={organizations.map(({ slug, name }) => ({ value: slug, label: name }))}
        chosen={slug ?? ""}
        onChoose={chooseOrganization}
      />
    </Suspense>
  );
}

/** The environment whose endpoints are seen; a choice where there are several. */
export function EnvironmentSwitch({ className }: { className: string | undefined }) {
  const { environment, slug } = useOrganization();
  const { data } = useQuery({ ...queries.environments(), enabled: slug !== null });
  const names = data?.items.map(({ name }) => name) ?? [];
  const gone = data !== undefined && !names.includes(environment);
  useEffect(() => {
    if (!gone || environment === DEFAULT_ENVIRONMENT) return;
    chooseEnvironment(DEFAULT_ENVIRONMENT);
    window.location.reload();
  }, [gone, environment]);
  const plain = (
    <span className={className} data-environment={environment}>
      {environment}
    </span>
  );
  if (names.length < 2) return plain;
  return (
    <Suspense fallback={plain}>
      <Choice
        label="Environment"
        choices={names.map((name) => ({ value: name, label: name }))}
        chosen={environment}
        onChoose={chooseEnvironment}
      />
    </Suspense>
  );
}
