import { IconMapOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useRouterState } from "@tanstack/react-router";
import { queries } from "../api/queries";
import { Empty } from "../ui/Empty";
import { Page } from "../ui/Page";
import { near } from "./near";
import { PLACES } from "./nav";

/** An address that is no page: it may have been meant for one that is. */
export function NotFound() {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const endpoints = useQuery(queries.endpoints());
  const last = decodeURIComponent(path.split("/").findLast((part) => part !== "") ?? "");
  const names = endpoints.data?.items.map(({ name }) => name) ?? [];
  const meant = near(last, names);
  return (
    <Page title="There is no such page">
      <Empty icon={IconMapOff} title={path}>
        {meant.length > 0 ? (
          <>
            Did you mean the endpoint{" "}
            {meant.map((name, index) => (
              <span key={name}>
                {index > 0 ? " or " : ""}
                <Link to="/endpoints/$name" params={{ name }}>
                  {name}
                </Link>
              </span>
            ))}
            ?{" "}
          </>
        ) : null}
        These are the pages:{" "}
        {PLACES.map(({ to, word }, index) => (
          <span key={to}>
            {index > 0 ? ", " : ""}
            <Link to={to}>{word}</Link>
          </span>
        ))}
        .
      </Empty>
    </Page>
  );
}
