import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { queries } from "../api/queries";
import type { StoredPrompt, SystemStatus } from "../api/types";
import { CallStatus } from "../calls/CallStatus";
import { StatusBadge } from "../deployments/StatusBadge";
import { prompts } from "../prompts/queries";
import { settings } from "../settings/queries";
import { Ago } from "../ui/Ago";
import { count, plural, span } from "../ui/format";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { Rows } from "../ui/Rows";
import { isLive, nextStep, type Facts } from "./nextStep";
import { NextStep } from "./NextStep";
import { WORDS } from "./words";
import styles from "./OverviewPage.module.css";

/** How many of each list are shown. */
const FEW = 6;

/** Is all well, and what is next? */
export function OverviewPage() {
  const endpoints = useQuery(queries.endpoints());
  const calls = useQuery(queries.newestCalls());
  const keys = useQuery(queries.keys());
  const written = useQuery(prompts.named());
  const credentials = useQuery(settings.credentials());
  const facts: Facts | null =
    endpoints.data && calls.data && keys.data && written.data && credentials.data
      ? {
          credentials: credentials.data.items.length,
          prompts: byNews(written.data.items),
          endpoints: endpoints.data.items,
          calls: calls.data.items,
          keys: keys.data.items.length,
        }
      : null;
  const step = facts && nextStep(facts);
  // All below would move where the step came last.
  const waits = [endpoints, calls, keys, written, credentials].some(({ isPending }) => isPending);
  return (
    <Page
      title={WORDS.title}
      actions={<Button renderRoot={(props) => <Link to="/endpoints/new" {...props} />}>New endpoint</Button>}
    >
      {waits ? (
        <Rows />
      ) : (
        <>
          {step ? <NextStep step={step} /> : null}
          <Figures />
          <div className={styles.columns}>
            <LastDeployments />
            <LastCalls />
          </div>
        </>
      )}
    </Page>
  );
}

/** Names, that of the newest first. */
const byNews = (items: readonly Pick<StoredPrompt, "name" | "created">[]): string[] =>
  [...items].sort((a, b) => (a.created < b.created ? 1 : -1)).map(({ name }) => name);

function Figures() {
  const status = useQuery(queries.status());
  return (
    <QueryState query={status} failed={WORDS.failed} loading={<FigureList />}>
      {(system) => <FigureList system={system} />}
    </QueryState>
  );
}

/** As high while the server is asked as once it has answered. */
function FigureList({ system }: { system?: SystemStatus }) {
  const endpoints = useQuery(queries.endpoints());
  return (
    <dl className={styles.figures}>
      <Figure word="Live endpoints" note={endpoints.data ? `of ${count(endpoints.data.items.length)}` : ""}>
        {endpoints.data ? count(endpoints.data.items.filter(isLive).length) : "…"}
      </Figure>
      <Figure word="In the queue" note={system ? plural(system.workers.length, "worker") : ""}>
        {system ? count(system.queued) : "…"}
      </Figure>
      <Figure word="Builder" note={system ? builderNote(system) : ""}>
        {system ? (system.builder_warm ? "Warm" : "Warming") : "…"}
      </Figure>
      <Figure word="Functions run on" note={system?.database.replace(/ \(.*/, "") ?? ""}>
        {system ? targetName(system) : "…"}
      </Figure>
    </dl>
  );
}

const targetName = ({ target }: SystemStatus): string => (target.startsWith("AWS") ? target : "This machine");

const builderNote = ({ builder_warm }: SystemStatus): string =>
  builder_warm ? "an edit is live in a second" : "the first build waits for it";

function Figure({ word, note, children }: { word: string; note: string; children: ReactNode }) {
  return (
    <div className={styles.figure}>
      <dt>{word}</dt>
      <dd>
        {children} <small>{note}</small>
      </dd>
    </div>
  );
}

function LastDeployments() {
  const deployments = useInfiniteQuery(queries.deployments(null));
  return (
    <section className="panel" aria-labelledby="last-deployments">
      <header>
        <h2 id="last-deployments">Last deployments</h2>
        <Link to="/deployments" className="small">
          All deployments
        </Link>
      </header>
      <QueryState query={deployments} failed="Deployments could not be loaded">
        {({ pages }) => {
          const items = pages[0]?.items.slice(0, FEW) ?? [];
          if (items.length === 0) return <p className="inside quiet">None yet.</p>;
          return (
            <ul className={styles.lines}>
              {items.map(({ id, endpoint, version, status, created }) => (
                <li key={id} className={styles.line}>
                  <span className="cut">
                    <Link to="/deployments/$id" params={{ id }}>
                      {endpoint}
                    </Link>{" "}
                    <span className="quiet">v{version}</span>
                  </span>
                  <StatusBadge status={status} />
                  <span className="quiet small">
                    <Ago time={created} />
                  </span>
                </li>
              ))}
            </ul>
          );
        }}
      </QueryState>
    </section>
  );
}

function LastCalls() {
  const calls = useQuery(queries.newestCalls());
  return (
    <section className="panel" aria-labelledby="last-calls">
      <header>
        <h2 id="last-calls">Last calls</h2>
        <Link to="/calls" className="small">
          All calls
        </Link>
      </header>
      <QueryState query={calls} failed="Calls could not be loaded">
        {(page) => {
          const items = page.items.slice(0, FEW);
          if (items.length === 0) return <p className="inside quiet">None yet.</p>;
          return (
            <ul className={styles.lines}>
              {items.map((call) => (
                <li key={call.call_id} className={styles.line}>
                  <Link to="/calls" search={{ call: call.call_id }} className="cut">
                    {call.endpoint_name}
                  </Link>
                  <CallStatus call={call} />
                  <span className="quiet small">{span(call.total_us / 1000)}</span>
                  <span className="quiet small">
                    <Ago time={call.time} />
                  </span>
                </li>
              ))}
            </ul>
          );
        }}
      </QueryState>
    </section>
  );
}
