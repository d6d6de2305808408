import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { PromptUse, StoredPrompt } from "../api/types";
import { Badge } from "../ui/Badge";
import { Code } from "../ui/Code";
import { QueryState } from "../ui/QueryState";
import { prompts } from "./queries";
import { snippet } from "./rules";

/** Endpoints that use it, and how one is made to. */
export function UsesTab({ prompt }: { prompt: StoredPrompt }) {
  const uses = useQuery(prompts.uses(prompt.name));
  return (
    <div className="stack">
      <div className="stack close" style={{ maxWidth: 560 }}>
        <p className="quiet">
          In the definition of an endpoint, this takes the version that the label points at:
        </p>
        <Code text={snippet(prompt)} what="reference" />
      </div>
      <QueryState query={uses} failed="Endpoints that use it could not be loaded">
        {({ items }) =>
          items.length === 0 ? (
            <p className="quiet">No endpoint uses it yet.</p>
          ) : (
            <div className="panel">
              <table className="list">
                <thead>
                  <tr>
                    <th scope="col">Endpoint</th>
                    <th scope="col">Refers by</th>
                    <th scope="col">Took</th>
                    <th scope="col">Serves in</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((use) => (
                    <Row key={`${use.endpoint} ${use.endpoint_version}`} use={use} newest={prompt.version} />
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </QueryState>
    </div>
  );
}

function Row({ use, newest }: { use: PromptUse; newest: number }) {
  const { endpoint, endpoint_version, live, prompt_version } = use;
  return (
    <tr>
      <td className="lead">
        <span className="row">
          <Link to="/endpoints/$name" params={{ name: endpoint }} className="name">
            {endpoint}
          </Link>
          <span className="quiet">v{endpoint_version}</span>
        </span>
      </td>
      <td data-label="Refers by">
        <code>{use.use}</code>
      </td>
      <td data-label="Took">
        v{prompt_version}
        {prompt_version < newest ? <span className="quiet"> · v{newest} is newest</span> : null}
      </td>
      <td data-label="Serves in">
        {live.length > 0 ? <Badge tone="good">{live.join(", ")}</Badge> : <Badge tone="plain">nowhere</Badge>}
      </td>
    </tr>
  );
}
