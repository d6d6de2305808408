import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { inOrganization } from "../api/session";
import type { AuditEvent } from "../api/types";
import { useOrganization } from "../organization/useOrganization";
import { Ago } from "../ui/Ago";
import { useNow } from "../ui/clock";
import { Empty } from "../ui/Empty";
import { More } from "../ui/More";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { settings } from "./queries";
import {
  differences,
  exportAddress,
  originWords,
  SUBJECTS,
  subjectWords,
  WITHIN,
  type AuditFilter,
} from "./rules";
import styles from "./AuditPage.module.css";

/** Who did what, when, from where. */
export function AuditPage() {
  const filter = useSearch({ from: "/audit" });
  const { may, known } = useOrganization();
  const allowed = may("GET /api/audit");
  const events = useInfiniteQuery({ ...settings.audit(filter), enabled: known && allowed });
  const navigate = useNavigate();
  const now = useNow();
  const set = (next: AuditFilter) => void navigate({ to: "/audit", search: next, replace: true });
  if (known && !allowed) {
    return (
      <Page title="Audit log">
        <p>The log of who did what is for admins and owners.</p>
      </Page>
    );
  }
  return (
    <Page
      title="Audit log"
      about="Every change in this organization: who made it, when and from where. Secrets are masked."
      actions={
        <Button
          component="a"
          variant="default"
          href={inOrganization(exportAddress(filter, now))}
          download="audit.jsonl"
        >
          Export
        </Button>
      }
    >
      <Filters filter={filter} onChange={set} />
      <QueryState query={events} failed="The log could not be loaded">
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          return items.length === 0 ? (
            <Empty icon={IconHistory} title="No such changes">
              Nothing of the kind was done in that time.
            </Empty>
          ) : (
            <>
              <ol className={`panel ${styles.events}`}>
                {items.map((event) => (
                  <Event key={event.position} event={event} />
                ))}
              </ol>
              <More query={events} />
            </>
          );
        }}
      </QueryState>
    </Page>
  );
}

interface FiltersProps {
  filter: AuditFilter;
  onChange: (filter: AuditFilter) => void;
}

const TIMES: Record<(typeof WITHIN)[number], string> = {
  "1h": "The last hour",
  "24h": "The last 24 hours",
  "7d": "The last 7 days",
};

function Filters({ filter, onChange }: FiltersProps) {
  const [actor, setActor] = useState(filter.actor ?? "");
  const without = (key: keyof AuditFilter): AuditFilter =>
    Object.fromEntries(Object.entries(filter).filter(([name]) => name !== key));
  return (
    <form
      className="row"
      aria-label="Filter"
      onSubmit={(event) => {
        event.preventDefault();
        onChange(actor.trim() === "" ? without("actor") : { ...filter, actor: actor.trim() });
      }}
    >
      <NativeSelect
        aria-label="What it was done to"
        data={[
          { value: "", label: "All things" },
          ...SUBJECTS.map((value) => ({ value, label: subjectWords(value) })),
        ]}
        value={filter.subject ?? ""}
        onChange={(event) => {
          const subject = event.currentTarget.value;
          onChange(subject === "" ? without("subject") : { ...filter, subject });
        }}
      />
      <NativeSelect
        aria-label="Time"
        data={[{ value: "", label: "All times" }, ...WITHIN.map((value) => ({ value, label: TIMES[value] }))]}
        value={filter.within ?? ""}
        onChange={(event) => {
          const within = WITHIN.find((known) => known === event.currentTarget.value);
          onChange(within === undefined ? without("within") : { ...filter, within });
        }}
      />
      <TextInput
        aria-label="Who, by e-mail"
        placeholder="Who, by e-mail"
        type="search"
        data-search
        value={actor}
        onChange={(event) => setActor(event.currentTarget.value)}
      />
      <Button type="submit" variant="default">
        Show
      </Button>
    </form>
  );
}

function Event({ event }: { event: AuditEvent }) {
  const changes = differences(event);
  return (
    <li>
      <details className={styles.event}>
        <summary>
          <span>
            <strong>{event.actor ?? "The system"}</strong> {event.action} {subjectWords(event.subject)}{" "}
            <strong>{event.subject_name ?? event.subject_id ?? ""}</strong>
          </span>
          <span className="quiet small">
            <Ago time={event.at} />
          </span>
        </summary>
        <div className={styles.more}>
          <p className="quiet small">By {originWords(event)}.</p>
          {changes.length === 0 ? <p className="quiet small">Nothing of it is told.</p> : null}
          <dl className={styles.changes}>
            {changes.map(({ key, before, after }) => (
              <div key={key}>
                <dt>{key === "" ? "value" : key}</dt>
                {before === null ? null : (
                  <dd className={styles.before}>
                    <del>{before}</del>
                  </dd>
                )}
                {after === null ? null : (
                  <dd className={styles.after}>
                    <ins>{after}</ins>
                  </dd>
                )}
              </div>
            ))}
          </dl>
        </div>
      </details>
    </li>
  );
}
