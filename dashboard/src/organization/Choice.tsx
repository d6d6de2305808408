import { NativeSelect } from "@mantine/core";
import { chooseOrganization, type Me } from "../api/session";

export function Choice({ organizations, chosen }: { organizations: Me["organizations"]; chosen: string }) {
  return (
    <NativeSelect
      aria-label="Organization"
      size="xs"
      data={organizations.map(({ slug, name }) => ({ value: slug, label: name }))}
      value={chosen}
      onChange={(event) => {
        chooseOrganization(event.currentTarget.value);
        // Nothing of the other one may stay on a page.
        window.location.assign("/");
      }}
    />
  );
}
