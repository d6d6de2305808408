import { ActionIcon, Drawer } from "@mantine/core";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useEffectEvent } from "react";
import { ApiError } from "../api/problem";
import { queries } from "../api/queries";
import type { Call, CallBody, CallDetail } from "../api/types";
import { isId } from "../app/ids";
import { isTyping } from "../app/useKeys";
import { Code } from "../ui/Code";
import { Copy } from "../ui/Copy";
import { bytes, count, moment, money, span } from "../ui/format";
import { QueryState } from "../ui/QueryState";
import { CallStatus } from "./CallStatus";
import { Replay } from "./Replay";
import { absence, isServed, neighbours, readable, waterfall } from "./rules";
import { WORDS } from "./words";
import styles from "./CallsPage.module.css";

/** The call that the address names, beside the list; `j` and `k` go through the list as it is shown. */
export function CallDrawer({ ids, calls }: { ids: string[]; calls: Call[] }) {
  const { call: id } = useSearch({ from: "/calls" });
  const navigate = useNavigate();
  const go = (call: string | null) =>
    void navigate({
      to: "/calls",
      search: ({ call: _, ...filter }) => (call === null ? filter : { ...filter, call }),
      replace: true,
      resetScroll: false,
    });
  const { before, after } = neighbours(ids, id ?? "");
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (id === undefined || isTyping(event.target)) return;
    if (event.key === "j" && after !== null) go(after);
    if (event.key === "k" && before !== null) go(before);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
  return (
    <Drawer
      opened={id !== undefined}
      onClose={() => go(null)}
      position="right"
      size={640}
      title={
        <span className="row tight">
          Call
          <ActionIcon
            size="sm"
            aria-label="The call above"
            disabled={before === null}
            onClick={() => go(before)}
          >
            <IconChevronUp size={15} />
          </ActionIcon>
          <ActionIcon
            size="sm"
            aria-label="The call below"
            disabled={after === null}
            onClick={() => go(after)}
          >
            <IconChevronDown size={15} />
          </ActionIcon>
        </span>
      }
    >
      {id === undefined ? null : isId(id) ? (
        <Loaded key={id} id={id} known={calls.find((call) => call.call_id === id)} />
      ) : (
        <p>This is no call&apos;s id.</p>
      )}
    </Drawer>
  );
}

function Loaded({ id, known }: { id: string; known: Call | undefined }) {
  const call = useQuery(queries.call(id));
  const shown = call.data ?? known;
  if (shown) return <Detail call={shown} />;
  // Its line may still be on its way here; once it has come, the events tell.
  if (call.error instanceof ApiError && call.error.status === 404) {
    return <p role="status">{WORDS.notYet}</p>;
  }
  return (
    <QueryState query={call} failed="The call could not be loaded">
      {(call) => <Detail call={call} />}
    </QueryState>
  );
}

function Detail({ call }: { call: Call | CallDetail }) {
  return (
    <div className="stack">
      <div className="row">
        <CallStatus call={call} />
        {isServed(call) ? (
          <Link to="/endpoints/$name" params={{ name: call.endpoint_name }}>
            {call.endpoint_name}
          </Link>
        ) : (
          call.endpoint_name
        )}
        <span className="quiet">
          {isServed(call) ? `v${call.endpoint_version} · ` : ""}
          {moment(call.time)}
        </span>
      </div>
      {call.error_detail ? <p style={{ color: "var(--bad)" }}>{call.error_detail}</p> : null}
      <Replay key={call.call_id} id={call.call_id} />
      <Facts call={call} />
      <Waterfall call={call} />
      <Body what="Request" body={call.request} />
      <Body what="Answer" body={call.response} />
    </div>
  );
}

function Facts({ call }: { call: Call | CallDetail }) {
  const facts: [string, string | null | undefined][] = [
    ["Model", call.model ? `${call.provider ?? ""} ${call.model}`.trim() : null],
    ["Answered by", call.model_answered === call.model ? null : call.model_answered],
    ["Cost", `${money(call.cost_micro_usd)}${call.estimated ? " at least: usage is not known in full" : ""}`],
    [
      "Tokens",
      `${count(call.tokens_in)} in (${count(call.tokens_cached)} cached), ${count(call.tokens_out)} out`,
    ],
    ["Took", span(call.total_us / 1000)],
    ["First token", typeof call.first_token_us === "number" ? span(call.first_token_us / 1000) : null],
    ["Own share", span(call.overhead_us / 1000)],
    ["Cache", call.cache === "off" ? null : call.cache],
    ["Made as", call.source === "call" ? null : call.source],
    ["User", call.user],
    ["Key", ("key" in call ? call.key : null) ?? call.key_id],
    ["Caller", call.delivered === "no" ? "went away before the end" : null],
    ["Process", call.cold_start ? "its first call" : null],
    ["Trace", call.trace_id],
    ...Object.entries(call.metadata ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
  ];
  return (
    <dl className={styles.facts}>
      <dt>Id</dt>
      <dd className="row tight">
        <code className="cut">{call.call_id}</code>
        <Copy text={call.call_id} what="the call's id" />
      </dd>
      {facts.map(([word, value]) =>
        value ? (
          <div key={word} style={{ display: "contents" }}>
            <dt>{word}</dt>
            <dd>{value}</dd>
          </div>
        ) : null,
      )}
      {isServed(call) ? (
        <>
          <dt>Deployment</dt>
          <dd>
            <Link to="/deployments/$id" params={{ id: call.deployment }}>
              {call.deployment.slice(0, 8)}
            </Link>
          </dd>
        </>
      ) : null}
    </dl>
  );
}

function Waterfall({ call }: { call: Call }) {
  const whole = Math.max(1, call.total_us);
  return (
    <section className="stack close" aria-label="Where the time went">
      <h3 className="small">Where the time went</h3>
      <ul className={styles.spans}>
        {waterfall(call).map(({ word, start, length, failed }, index) => (
          <li key={index}>
            <span className="cut" title={word}>
              {word}
            </span>
            <span className={styles.track}>
              <span
                data-failed={failed}
                style={{
                  left: `${(start / whole) * 100}%`,
                  width: `${Math.min(100, (length / whole) * 100)}%`,
                }}
              />
            </span>
            <span className="quiet" style={{ textAlign: "right" }}>
              {span(length / 1000)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Body({ what, body }: { what: string; body: CallBody | null | undefined }) {
  const why = absence(body);
  return (
    <section className="stack close">
      <div className="spread">
        <h3 className="small">{what}</h3>
        {body ? (
          <span className="quiet small">
            {bytes(body.size)}
            {body.cut ? ", cut" : ""}
          </span>
        ) : null}
      </div>
      {why === null && body ? (
        <Code text={readable(body)} what={what.toLowerCase()} wrap height={320} />
      ) : (
        <p className="quiet small">{why}</p>
      )}
    </section>
  );
}
