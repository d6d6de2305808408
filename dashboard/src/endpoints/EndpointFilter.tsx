import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/queries";

interface Props {
  endpoint: string | undefined;
  onChange: (endpoint: string | undefined) => void;
}

/** Keeps a list to one endpoint, also to one that is not there any more. */
export function EndpointFilter({ endpoint, onChange }: Props) {
  const endpoints = useQuery(queries.endpoints());
  const names = endpoints.data?.items.map(({ name }) => name) ?? [];
  const known = endpoint === undefined || names.includes(endpoint) ? names : [endpoint, ...names];
  return (
    <NativeSelect
      data-search
      aria-label="Endpoint"
      data={[{ value: "", label: "All endpoints" }, ...known]}
      value={endpoint ?? ""}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    />
  );
}
