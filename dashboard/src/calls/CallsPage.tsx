import { Button, Switch } from "@mantine/core";
import { IconActivity } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { queries } from "../api/queries";
import type { Call } from "../api/types";
import { Ago } from "../ui/Ago";
import { Badge } from "../ui/Badge";
import { Empty } from "../ui/Empty";
import { count, money, plural, span } from "../ui/format";
import { More } from "../ui/More";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { useListKeys } from "../ui/useListKeys";
import { CallDrawer } from "./CallDrawer";
import { CallStatus } from "./CallStatus";
import { Filters } from "./Filters";
import { useTail } from "./useTail";
import styles from "./CallsPage.module.css";

/** What happened, newest first. */
export function CallsPage() {
  const { call, ...filter } = useSearch({ from: "/calls" });
  const calls = useInfiniteQuery(queries.calls(filter));
  const [follows, setFollows] = useState(false);
  const there = calls.data?.pages.flatMap(({ items }) => items) ?? [];
  const tail = useTail(filter, follows, there);
  return (
    <Page
      title="Calls"
      about="Requests to deployed functions, as each function wrote them down."
      actions={
        <>
          {follows && tail.stream !== "live" ? <Badge tone="warn">{tail.stream}</Badge> : null}
          <Switch
            label="Follow"
            checked={follows}
            onChange={(event) => setFollows(event.currentTarget.checked)}
          />
          <Filters />
        </>
      }
    >
      <QueryState query={calls} failed="Calls could not be loaded">
        {() =>
          tail.shown.length === 0 && tail.waiting === 0 ? (
            <Nothing filtered={Object.keys(filter).length > 0} />
          ) : (
            <>
              {tail.waiting > 0 ? (
                <button type="button" className={styles.waiting} onClick={tail.show}>
                  Show {plural(tail.waiting, "new call")}
                </button>
              ) : null}
              <List calls={tail.shown} chosenId={call} />
              <More query={calls} />
            </>
          )
        }
      </QueryState>
      <CallDrawer ids={tail.shown.map(({ call_id }) => call_id)} calls={tail.shown} />
    </Page>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  const navigate = useNavigate();
  if (filtered)
    return (
      <Empty
        icon={IconActivity}
        title="No such calls"
        action={
          <Button variant="default" onClick={() => void navigate({ to: "/calls", search: {} })}>
            Show all calls
          </Button>
        }
      >
        None of the calls is of this endpoint, status and time.
      </Empty>
    );
  return (
    <Empty icon={IconActivity} title="No calls yet" command="promptpilot call hello name=Ada">
      Each request to a deployed function leaves one line here: what was asked and answered, how long it took,
      what it cost.
    </Empty>
  );
}

function List({ calls, chosenId }: { calls: Call[]; chosenId: string | undefined }) {
  const navigate = useNavigate();
  const open = (call: string) => void navigate({ to: "/calls", search: (before) => ({ ...before, call }) });
  const { chosen } = useListKeys(calls.length, (index) => {
    const id = calls[index]?.call_id;
    if (id !== undefined) open(id);
  });
  return (
    <div className="panel">
      <table className="list">
        <thead>
          <tr>
            <th scope="col">Call</th>
            <th scope="col">Status</th>
            <th scope="col">Model</th>
            <th scope="col" className="number">
              Took
            </th>
            <th scope="col" className="number">
              Tokens in / out
            </th>
            <th scope="col" className="number">
              Cost
            </th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {calls.map((call, index) => (
            <tr key={call.call_id} data-chosen={index === chosen || call.call_id === chosenId}>
              <td className="lead">
                <span className="row">
                  <button type="button" className={styles.open} onClick={() => open(call.call_id)}>
                    {call.endpoint_name}
                  </button>
                  <span className="quiet">v{call.endpoint_version}</span>
                  {call.source === "call" ? null : <span className="quiet">· {call.source}</span>}
                  {call.cache === "hit" || call.cache === "stale" ? (
                    <span className="quiet">· from cache</span>
                  ) : null}
                </span>
              </td>
              <td data-label="Status">
                <CallStatus call={call} />
              </td>
              <td data-label="Model" className="extra">
                {call.model ?? <span className="quiet">–</span>}
              </td>
              <td data-label="Took" className="number">
                {span(call.total_us / 1000)}
              </td>
              <td data-label="Tokens" className="number extra">
                {count(call.tokens_in)} / {count(call.tokens_out)}
              </td>
              <td data-label="Cost" className="number extra">
                {money(call.cost_micro_usd)}
              </td>
              <td data-label="When">
                <Ago time={call.time} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
