import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { queries } from "../api/queries";
import type { Endpoint, Version } from "../api/types";
import { useWritable } from "../organization/useWritable";
import { Ago } from "../ui/Ago";
import { Badge } from "../ui/Badge";
import { Confirm } from "../ui/Confirm";
import { More } from "../ui/More";
import { QueryState } from "../ui/QueryState";
import { useRollback } from "./useRollback";

/** All versions, and the way back to those that served. */
export function VersionsTab({ endpoint }: { endpoint: Endpoint }) {
  const versions = useInfiniteQuery(queries.versions(endpoint.name));
  const [to, setTo] = useState<number | null>(null);
  const rollBack = useRollback(endpoint);
  return (
    <QueryState query={versions} failed="Versions could not be loaded">
      {({ pages }) => (
        <div className="stack">
          <div className="panel">
            <table className="list">
              <thead>
                <tr>
                  <th scope="col">Version</th>
                  <th scope="col">Why</th>
                  <th scope="col">Who</th>
                  <th scope="col">When</th>
                  <th scope="col" aria-label="Actions" />
                </tr>
              </thead>
              <tbody>
                {pages
                  .flatMap(({ items }) => items)
                  .map((version) => (
                    <Row
                      key={version.version}
                      version={version}
                      onBack={endpoint.live_version ? setTo : null}
                    />
                  ))}
              </tbody>
            </table>
          </div>
          <More query={versions} />
          <Confirm
            opened={to !== null}
            onClose={() => setTo(null)}
            title={`Go back to version ${to ?? ""}?`}
            action="Go back"
            run={() => rollBack(to)}
          >
            Calls to <code>{endpoint.name}</code> are answered by version {to} instead of version{" "}
            {endpoint.live_version}, within a second. Nothing is built, and the way forward stays open.
          </Confirm>
        </div>
      )}
    </QueryState>
  );
}

interface RowProps {
  version: Version;
  /** Null where nothing is live. */
  onBack: ((version: number) => void) | null;
}

function Row({ version: { version, live, message, by, created }, onBack }: RowProps) {
  const blocked = useWritable("POST /api/endpoints/{name}/rollback");
  return (
    <tr>
      <td className="lead">
        <span className="row">
          <span className="name">v{version}</span>
          {live ? <Badge tone="good">Live</Badge> : null}
        </span>
      </td>
      <td data-label="Why">{message ?? <span className="quiet">–</span>}</td>
      <td data-label="Who">{by ?? <span className="quiet">–</span>}</td>
      <td data-label="When">
        <Ago time={created} />
      </td>
      <td className="number">
        {live || onBack === null ? null : (
          <Button
            variant="default"
            disabled={blocked !== null}
            title={blocked ?? ""}
            aria-label={`Go back to version ${version}`}
            onClick={() => onBack(version)}
          >
            Go back
          </Button>
        )}
      </td>
    </tr>
  );
}
