import { Button, VisuallyHidden } from "@mantine/core";
import { IconActivity, IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { exportAddress, type CallFilter } from "../api/callFilter";
import { queries } from "../api/queries";
import { inOrganization } from "../api/session";
import type { Call } from "../api/types";
import { Ago } from "../ui/Ago";
import { useNow } from "../ui/clock";
import { Empty } from "../ui/Empty";
import { count, moment, money, span } from "../ui/format";
import { More, type MoreQuery } from "../ui/More";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { useListKeys } from "../ui/useListKeys";
import { CallDrawer } from "./CallDrawer";
import { CallStatus } from "./CallStatus";
import { Filters } from "./Filters";
import { isServed } from "./rules";
import { useNews } from "./useNews";
import { WORDS } from "./words";
import styles from "./CallsPage.module.css";

const Figures = lazy(() => import("./Figures").then(({ Figures }) => ({ default: Figures })));

/** What happened, newest first. */
export function CallsPage() {
  const { call, ...filter } = useSearch({ from: "/calls" });
  return (
    <Page
      wide
      title="Calls"
      about="Requests to deployed functions, as each function wrote them down."
      actions={<Export filter={filter} />}
    >
      <Filters />
      <Suspense fallback={<div className={styles.figures} />}>
        <Figures filter={filter} />
      </Suspense>
      <Found key={JSON.stringify(filter)} filter={filter} call={call} />
    </Page>
  );
}

/** All of them as a file, made while it is loaded. */
function Export({ filter }: { filter: CallFilter }) {
  const now = useNow();
  return (["csv", "jsonl"] as const).map((format) => (
    <Button
      key={format}
      component="a"
      variant="default"
      leftSection={<IconDownload size={15} aria-hidden />}
      href={inOrganization(exportAddress(filter, format, now))}
      download={`calls.${format}`}
    >
      {format.toUpperCase()}
      <VisuallyHidden> of these calls</VisuallyHidden>
    </Button>
  ));
}

function Found({ filter, call }: { filter: CallFilter; call: string | undefined }) {
  const calls = useInfiniteQuery(queries.calls(filter));
  const shown = calls.data?.pages.flatMap(({ items }) => items) ?? [];
  const news = useNews(filter, shown);
  const look = () => void calls.refetch().then(news.forget);
  return (
    <>
      {news.count > 0 && calls.data ? (
        <button type="button" className={styles.waiting} onClick={look}>
          {WORDS.newOnes(news.count, news.exact)}
        </button>
      ) : null}
      <QueryState query={calls} failed="Calls could not be loaded">
        {({ pages }) => {
          const stopped = pages.at(-1)?.scanned_until ?? null;
          return (
            <>
              {shown.length === 0 ? (
                <Nothing filtered={Object.keys(filter).length > 0} stopped={stopped} />
              ) : (
                <List calls={shown} chosenId={call} />
              )}
              {stopped === null ? <More query={calls} /> : <Further query={calls} stopped={stopped} />}
            </>
          );
        }}
      </QueryState>
      <CallDrawer ids={shown.map(({ call_id }) => call_id)} calls={shown} />
    </>
  );
}

/** A page that is not full since looking took too long. */
function Further({ query, stopped }: { query: MoreQuery; stopped: string }) {
  return (
    <div className="row" style={{ justifyContent: "center" }} role="status">
      <span className="quiet small">{WORDS.stopped(moment(stopped))}</span>
      <More query={query} word={WORDS.further} />
    </div>
  );
}

function Nothing({ filtered, stopped }: { filtered: boolean; stopped: string | null }) {
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
        {stopped === null ? WORDS.none : WORDS.noneYet(moment(stopped))}
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
                  {isServed(call) ? <span className="quiet">v{call.endpoint_version}</span> : null}
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
