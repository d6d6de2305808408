import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, write } from "../api/client";
import type { Invitation } from "../api/types";
import { Until } from "../ui/Ago";
import { ListSection, Table } from "../ui/ListSection";
import { tell, tellTrouble } from "../ui/toast";
import { people } from "./queries";

/** Invitations that nobody has taken up yet; nothing where there are none. */
export function Invitations({ organization }: { organization: string }) {
  const query = people.invitations(organization);
  const invitations = useQuery(query);
  const client = useQueryClient();
  const items = invitations.data?.items ?? [];
  if (items.length === 0) return null;
  const revoke = async ({ id }: Invitation) => {
    try {
      await write((key) =>
        api.DELETE("/api/organizations/{organization}/invitations/{id}", {
          params: { path: { organization, id }, header: { "idempotency-key": key } },
        }),
      );
      tell("The link opens nothing any more.");
    } catch (error) {
      tellTrouble("The invitation stands as before", error);
    }
    await client.invalidateQueries({ queryKey: query.queryKey });
  };
  return (
    <ListSection id="invitations" title="Open invitations">
      <Table columns={["For", "As", "Ends"]}>
        {items.map((invitation) => (
          <tr key={invitation.id}>
            <td className="lead">{invitation.email ?? "Whoever has the link"}</td>
            <td data-label="As">{invitation.role}</td>
            <td data-label="Ends">
              <Until time={invitation.expires} />
            </td>
            <td className="number">
              <Button
                variant="default"
                aria-label={`Revoke the invitation for ${invitation.email ?? "whoever has the link"}`}
                onClick={() => void revoke(invitation)}
              >
                Revoke
              </Button>
            </td>
          </tr>
        ))}
      </Table>
    </ListSection>
  );
}
