import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { queries } from "../api/queries";

/** Keeps a list to one endpoint, also to one that is not there any more. */
export function EndpointFilter({ of }: { of: "/calls" | "/deployments" }) {
  const { endpoint } = useSearch({ from: of });
  const navigate = useNavigate();
  const endpoints = useQuery(queries.endpoints());
  const names = endpoints.data?.items.map(({ name }) => name) ?? [];
  const known = endpoint === undefined || names.includes(endpoint) ? names : [endpoint, ...names];
  return (
    <NativeSelect
      data-search
      aria-label="Endpoint"
      data={[{ value: "", label: "All endpoints" }, ...known]}
      value={endpoint ?? ""}
      onChange={(event) => {
        const chosen = event.currentTarget.value;
        void navigate({ to: of, search: chosen === "" ? {} : { endpoint: chosen } });
      }}
    />
  );
}
