import { IconRocket } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { queries } from "../api/queries";
import type { Deployment } from "../api/types";
import { EndpointFilter } from "../endpoints/EndpointFilter";
import { Ago } from "../ui/Ago";
import { Empty } from "../ui/Empty";
import { span } from "../ui/format";
import { More } from "../ui/More";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { useListKeys } from "../ui/useListKeys";
import { took } from "./status";
import { StatusBadge } from "./StatusBadge";

/** Every attempt to bring a version to its URL, newest first. */
export function DeploymentsPage() {
  const { endpoint } = useSearch({ from: "/deployments" });
  const navigate = useNavigate();
  const deployments = useInfiniteQuery(queries.deployments(endpoint ?? null));
  return (
    <Page
      title="Deployments"
      about="Each brings one version of one endpoint to its URL."
      actions={
        <EndpointFilter
          endpoint={endpoint}
          onChange={(endpoint) =>
            void navigate({ to: "/deployments", search: endpoint === undefined ? {} : { endpoint } })
          }
        />
      }
    >
      <QueryState query={deployments} failed="Deployments could not be loaded">
        {({ pages }) => {
          const items = pages.flatMap(({ items }) => items);
          if (items.length === 0) return <None endpoint={endpoint} />;
          return (
            <>
              <List items={items} />
              <More query={deployments} />
            </>
          );
        }}
      </QueryState>
    </Page>
  );
}

function None({ endpoint }: { endpoint: string | undefined }) {
  return (
    <Empty icon={IconRocket} title="No deployments yet" command="promptpilot deploy">
      {endpoint
        ? `Nothing of ${endpoint} was deployed.`
        : "Press Deploy in the Designer, and follow it here."}
    </Empty>
  );
}

function List({ items }: { items: Deployment[] }) {
  const navigate = useNavigate();
  const { chosen } = useListKeys(items.length, (index) => {
    const id = items[index]?.id;
    if (id !== undefined) void navigate({ to: "/deployments/$id", params: { id } });
  });
  return (
    <div className="panel">
      <table className="list">
        <thead>
          <tr>
            <th scope="col">Deployment</th>
            <th scope="col">Status</th>
            <th scope="col">Why</th>
            <th scope="col">Who</th>
            <th scope="col" className="number">
              Took
            </th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {items.map((deployment, index) => (
            <Row key={deployment.id} deployment={deployment} chosen={index === chosen} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ deployment, chosen }: { deployment: Deployment; chosen: boolean }) {
  const { id, endpoint, version, status, error, message, by, created } = deployment;
  return (
    <tr data-chosen={chosen}>
      <td className="lead">
        <div style={{ minWidth: 0 }}>
          <Link to="/deployments/$id" params={{ id }} className="name">
            {endpoint} v{version}
          </Link>
          {error ? <div style={{ color: "var(--bad)" }}>{error.message}</div> : null}
        </div>
      </td>
      <td data-label="Status">
        <StatusBadge status={status} />
      </td>
      <td data-label="Why">{message ?? <span className="quiet">–</span>}</td>
      <td data-label="Who">{by ?? <span className="quiet">–</span>}</td>
      <td data-label="Took" className="number">
        {span(took(deployment))}
      </td>
      <td data-label="When">
        <Ago time={created} />
      </td>
    </tr>
  );
}
