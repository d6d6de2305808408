import { Button } from "@mantine/core";
import { IconRepeat } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, write } from "../api/client";
import { queries } from "../api/queries";
import type { Replayed } from "../api/types";
import { useWritable } from "../organization/useWritable";
import { Code } from "../ui/Code";
import { span } from "../ui/format";
import { Trouble } from "../ui/Trouble";
import { CallStatus } from "./CallStatus";
import { NOT_REPLAYABLE } from "./rules";
import { WORDS } from "./words";

/** Makes a call again, to what is live now, and says what came of it beside what came of it then. */
export function Replay({ id }: { id: string }) {
  const call = useQuery(queries.call(id));
  const blocked = useWritable("POST /api/calls/{id}/replay");
  const hindrance = call.data?.not_replayable;
  const why = blocked ?? (hindrance ? NOT_REPLAYABLE[hindrance] : null);
  const replay = useMutation({
    mutationFn: () =>
      write((key) =>
        api.POST("/api/calls/{id}/replay", { params: { path: { id }, header: { "idempotency-key": key } } }),
      ),
  });
  return (
    <section className="stack close" aria-label={WORDS.replay.title}>
      <div className="row">
        <Button
          variant="default"
          leftSection={<IconRepeat size={15} aria-hidden />}
          disabled={why !== null || call.data === undefined}
          loading={replay.isPending}
          onClick={() => replay.mutate()}
        >
          {WORDS.replay.action}
        </Button>
        <span className="quiet small">{why ?? WORDS.replay.about}</span>
      </div>
      {replay.error ? <Trouble what={WORDS.replay.failed} error={replay.error} /> : null}
      {replay.data ? <Outcome replayed={replay.data} /> : null}
    </section>
  );
}

function Outcome({ replayed }: { replayed: Replayed }) {
  const { status, status_before, version, version_before, took_ms, body, call } = replayed;
  return (
    <div className="stack close" role="status">
      <div className="row small">
        <span className="quiet">{WORDS.replay.before(version_before)}</span>
        <CallStatus call={{ status: status_before }} />
        <span className="quiet">{WORDS.replay.now(version)}</span>
        <CallStatus call={{ status }} />
        <span className="quiet">{span(took_ms)}</span>
        {call ? (
          <Link to="/calls" search={(before) => ({ ...before, call })}>
            {WORDS.replay.see}
          </Link>
        ) : null}
      </div>
      <Code
        text={typeof body === "string" ? body : JSON.stringify(body, null, 2)}
        what="new answer"
        wrap
        height={240}
      />
    </div>
  );
}
