import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/queries";
import { chooseOrganization } from "../api/session";
import { useOrganization } from "./useOrganization";

/** The organization's name; a choice where somebody is in several. */
export function OrganizationSwitch() {
  const { data } = useQuery(queries.me());
  const { name, slug } = useOrganization();
  const organizations = data?.organizations ?? [];
  if (organizations.length < 2) return <span>{name}</span>;
  return (
    <NativeSelect
      aria-label="Organization"
      size="xs"
      data={organizations.map(({ slug, name }) => ({ value: slug, label: name }))}
      value={slug ?? ""}
      onChange={(event) => {
        chooseOrganization(event.currentTarget.value);
        // Nothing of the other one may stay on a page.
        window.location.assign("/");
      }}
    />
  );
}
