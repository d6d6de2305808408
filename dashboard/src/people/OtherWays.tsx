import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { beginning } from "./arrival";
import { people } from "./queries";
import { Refused } from "./Refused";

/** Ways to come in beside a password, and why the last one did not end well. */
export function OtherWays({ invitation }: { invitation?: string | undefined }) {
  const oidc = useQuery(people.ways()).data?.oidc;
  return (
    <>
      <Refused />
      {oidc ? (
        <Button component="a" variant="default" href={beginning(oidc.url, window.location, invitation)}>
          Continue with {oidc.name}
        </Button>
      ) : null}
    </>
  );
}
