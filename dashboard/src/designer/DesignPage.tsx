import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { ApiError } from "../api/problem";
import { queries } from "../api/queries";
import { NotFound } from "../app/NotFound";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { Rows } from "../ui/Rows";
import { Designer } from "./Designer";

/** The Designer, on an endpoint that is there. */
export function DesignPage() {
  const { name } = useParams({ from: "/endpoints/$name/design" });
  const { at } = useSearch({ from: "/endpoints/$name/design" });
  const endpoint = useQuery(queries.endpoint(name));
  if (endpoint.data === undefined && endpoint.error instanceof ApiError && endpoint.error.status === 404) {
    return <NotFound />;
  }
  if (endpoint.data === undefined) {
    return (
      <Page title={name}>
        <QueryState query={endpoint} failed={`${name} could not be loaded`} loading={<Rows />}>
          {() => null}
        </QueryState>
      </Page>
    );
  }
  return (
    <Designer
      key={name}
      name={name}
      title={name}
      endpoint={endpoint.data}
      toml={endpoint.data.toml ?? ""}
      at={at}
    />
  );
}
