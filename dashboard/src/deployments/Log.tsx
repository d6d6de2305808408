import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useDeferredValue } from "react";
import type { Deployment } from "../api/types";
import { Badge } from "../ui/Badge";
import { plural } from "../ui/format";
import { Trouble } from "../ui/Trouble";
import { asText } from "./log";
import { LogLines } from "./LogLines";
import { LogTools } from "./LogTools";
import { useLog } from "./useLog";
import { useLogSearch } from "./useLogSearch";

/** A deployment's log, live while it runs. */
export function Log({ deployment }: { deployment: Deployment }) {
  const { lines, stream, error, refetch } = useLog(deployment);
  const { line } = useSearch({ from: "/deployments/$id" });
  const navigate = useNavigate({ from: "/deployments/$id" });
  const onLine = useCallback(
    (line: number) =>
      void navigate({ search: (now) => ({ ...now, line }), replace: true, resetScroll: false }),
    [navigate],
  );
  const search = useLogSearch(lines);
  // How many there are is said at each key, and the lines follow.
  const found = useDeferredValue(search.found);
  const at = useDeferredValue(search.found[search.nth]);
  return (
    <section className="panel" aria-labelledby="log">
      <header style={{ flexWrap: "wrap" }}>
        <div className="row">
          <h2 id="log">Log</h2>
          {stream === null ? null : (
            <Badge tone={stream === "live" ? "busy" : "warn"}>{stream === "live" ? "live" : stream}</Badge>
          )}
          <span className="quiet small">{plural(lines.length, "line")}</span>
        </div>
        <LogTools
          search={search}
          text={() => asText(lines)}
          file={`${deployment.endpoint}-${deployment.id.slice(0, 8)}.log`}
        />
      </header>
      {error ? (
        <Trouble what="The log could not be loaded" error={error} retry={refetch} />
      ) : (
        <LogLines
          lines={lines}
          found={found}
          at={at ?? (line === undefined ? undefined : line - 1)}
          here={line}
          follows={stream !== null}
          onLine={onLine}
          empty={
            stream === null ? "It ended before it wrote anything." : "Nothing yet: it waits for a worker."
          }
        />
      )}
    </section>
  );
}
