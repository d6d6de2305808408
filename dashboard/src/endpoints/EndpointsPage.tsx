import { Button, TextInput } from "@mantine/core";
import { IconApi, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { queries } from "../api/queries";
import type { Endpoint } from "../api/types";
import { StatusBadge } from "../deployments/StatusBadge";
import { Ago } from "../ui/Ago";
import { Badge } from "../ui/Badge";
import { Copy } from "../ui/Copy";
import { Empty } from "../ui/Empty";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { useListKeys } from "../ui/useListKeys";
import { newer, search } from "./rules";
import { WORDS } from "./words";

/** What runs, and where it answers. */
export function EndpointsPage() {
  const endpoints = useQuery(queries.endpoints());
  return (
    <Page title={WORDS.title} about={WORDS.about} actions={<NewButton />}>
      <QueryState query={endpoints} failed={WORDS.failed}>
        {({ items }) => (items.length === 0 ? <NoEndpoints /> : <List items={items} />)}
      </QueryState>
    </Page>
  );
}

const NewButton = () => (
  <Button renderRoot={(props) => <Link to="/endpoints/new" {...props} />}>New endpoint</Button>
);

function NoEndpoints() {
  const { title, about, command } = WORDS.empty;
  return (
    <Empty icon={IconApi} title={title} action={<NewButton />} command={command}>
      {about}
    </Empty>
  );
}

function List({ items }: { items: Endpoint[] }) {
  const [query, setQuery] = useState("");
  const navigate = useNavigate();
  const found = search(items, query);
  const { chosen } = useListKeys(found.length, (index) => {
    const name = found[index]?.name;
    if (name !== undefined) void navigate({ to: "/endpoints/$name", params: { name } });
  });
  return (
    <div className="stack">
      <TextInput
        data-search
        aria-label="Search endpoints"
        placeholder="Search by name or description"
        leftSection={<IconSearch size={15} aria-hidden />}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
        maw={360}
      />
      <div className="panel">
        <table className="list">
          <thead>
            <tr>
              <th scope="col">Endpoint</th>
              <th scope="col">URL</th>
              <th scope="col">Model</th>
              <th scope="col">Live</th>
              <th scope="col">Last deployment</th>
            </tr>
          </thead>
          <tbody>
            {found.map((endpoint, index) => (
              <Row key={endpoint.id} endpoint={endpoint} chosen={index === chosen} />
            ))}
          </tbody>
        </table>
        {found.length === 0 ? <p className="inside quiet">No endpoint is called so.</p> : null}
      </div>
    </div>
  );
}

function Row({ endpoint, chosen }: { endpoint: Endpoint; chosen: boolean }) {
  const { name, description, url, provider, model, live_version, deployment } = endpoint;
  return (
    <tr data-chosen={chosen}>
      <td className="lead">
        <div style={{ minWidth: 0 }}>
          <Link to="/endpoints/$name" params={{ name }} className="name">
            {name}
          </Link>
          <div className="quiet">{description}</div>
        </div>
      </td>
      <td data-label="URL">
        {url ? (
          <span className="row tight">
            <code className="cut" style={{ maxWidth: 220 }} title={url}>
              {url.replace(/^https?:\/\//, "")}
            </code>
            <Copy text={url} what={`the URL of ${name}`} />
          </span>
        ) : (
          <span className="quiet">not yet</span>
        )}
      </td>
      <td data-label="Model">
        <span>
          <span className="quiet">{provider}</span> {model}
        </span>
      </td>
      <td data-label="Live">
        <span className="row">
          {live_version ? <Badge tone="good">v{live_version}</Badge> : <Badge tone="plain">nothing</Badge>}
          {newer(endpoint) ? <span className="quiet">v{endpoint.version} is newer</span> : null}
        </span>
      </td>
      <td data-label="Last deployment">
        {deployment ? (
          <span className="row">
            <Link to="/deployments/$id" params={{ id: deployment.id }}>
              <StatusBadge status={deployment.status} />
            </Link>
            <span className="quiet">
              <Ago time={deployment.created} />
            </span>
          </span>
        ) : (
          <span className="quiet">none</span>
        )}
      </td>
    </tr>
  );
}
