import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { Ago, Until } from "../ui/Ago";
import { ListSection, Table } from "../ui/ListSection";
import { QueryState } from "../ui/QueryState";
import { tellTrouble } from "../ui/toast";
import { people } from "./queries";

/** The browsers that somebody is signed in with. */
export function Sessions() {
  const sessions = useQuery(people.sessions());
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: (id: string) => unwrap(api.DELETE("/api/me/sessions/{id}", { params: { path: { id } } })),
    onError: (error) => tellTrouble("It is signed in as before", error),
    onSettled: () => client.invalidateQueries({ queryKey: people.sessions().queryKey }),
  });
  return (
    <ListSection id="sessions" title="Browsers">
      <QueryState query={sessions} failed="Your browsers could not be loaded">
        {({ items }) => (
          <Table columns={["Browser", "Address", "Seen", "Ends"]}>
            {items.map(({ id, agent, address, seen, expires, current }) => (
              <tr key={id}>
                <td className="lead">
                  {agent ?? "Unknown"} {current ? <span className="quiet">(this one)</span> : null}
                </td>
                <td data-label="Address">{address ?? "–"}</td>
                <td data-label="Seen">
                  <Ago time={seen} />
                </td>
                <td data-label="Ends">
                  {/* Who came by the link of `promptpilot up` stays for as long as it runs. */}
                  {expires > seen ? <Until time={expires} /> : <span className="quiet">with the server</span>}
                </td>
                <td className="number">
                  {current ? null : (
                    <Button
                      variant="default"
                      aria-label={`Sign out ${agent ?? "an unknown browser"}`}
                      loading={end.isPending && end.variables === id}
                      onClick={() => end.mutate(id)}
                    >
                      Sign out
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </QueryState>
    </ListSection>
  );
}
