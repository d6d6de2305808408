import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconPlayerPlay } from "@tabler/icons-react";
import { queries } from "../../api/queries";
import type { StoredPrompt } from "../../api/types";
import { CallStatus } from "../../calls/CallStatus";
import { Ago } from "../../ui/Ago";
import { Empty } from "../../ui/Empty";
import { count, money, span } from "../../ui/format";
import { Table } from "../../ui/ListSection";
import { QueryState } from "../../ui/QueryState";
import { RowActions, RowButton } from "../../ui/RowActions";
import { tellTrouble } from "../../ui/toast";
import { written, type Written } from "../content";
import { prompts } from "../queries";
import { WORDS } from "../words";
import { notes, runsOf, valuesIn, versionIn, type PastRun } from "./notes";

interface Props {
  prompt: StoredPrompt;
  /** Where this browser keeps what it knows of the prompt. */
  place: string;
  onOpen: (now: Written, words: string) => void;
}

/** Earlier runs of the prompt, each to be opened again with what it was run with. */
export function RunsTab({ prompt, place, onOpen }: Props) {
  const calls = useInfiniteQuery(queries.calls({ source: "studio" }));
  return (
    <QueryState query={calls} failed={WORDS.runs.failed}>
      {({ pages }) => {
        const all = pages.flatMap(({ items }) => items);
        const runs = runsOf(prompt.id, all, notes(localStorage, place));
        const further = calls.hasNextPage ? (
          <Button
            variant="default"
            loading={calls.isFetchingNextPage}
            onClick={() => void calls.fetchNextPage()}
            style={{ alignSelf: "center" }}
          >
            {WORDS.runs.further}
          </Button>
        ) : null;
        if (runs.length === 0) {
          return (
            <Empty icon={IconPlayerPlay} title={WORDS.runs.none} action={further}>
              {further ? WORDS.runs.amongNewest(all.length) : WORDS.runs.about}
            </Empty>
          );
        }
        return (
          <div className="stack">
            <Table columns={["Ran", "Model", "Status", "Tokens in / out", "Cost", "Took", "When"]}>
              {runs.map((run) => (
                <Row key={run.call.call_id} prompt={prompt} run={run} onOpen={onOpen} />
              ))}
            </Table>
            {further}
          </div>
        );
      }}
    </QueryState>
  );
}

function Row({ prompt, run, onOpen }: Omit<Props, "place"> & { run: PastRun }) {
  const { call, reference } = run;
  const open = useOpen(prompt, onOpen);
  const what = wordsOf(reference);
  return (
    <tr>
      <td className="lead">
        <Link to="/calls" search={{ call: call.call_id }} className="name">
          {what}
        </Link>
      </td>
      <td data-label="Model">{call.model ?? <span className="quiet">–</span>}</td>
      <td data-label="Status">
        <CallStatus call={call} />
      </td>
      <td data-label="Tokens">
        {count(call.tokens_in)} / {count(call.tokens_out)}
      </td>
      <td data-label="Cost">{money(call.cost_micro_usd)}</td>
      <td data-label="Took">{span(call.total_us / 1000)}</td>
      <td data-label="When">
        <Ago time={call.time} />
      </td>
      <RowActions>
        <RowButton
          word="Open again"
          to={what}
          blocked={run.now === null && reference === null ? WORDS.runs.lost : null}
          loading={open.isPending}
          onClick={() => open.mutate(run)}
        />
      </RowActions>
    </tr>
  );
}

function wordsOf(reference: string | null): string {
  if (reference === null) return WORDS.runs.unsaved;
  if (reference === "") return WORDS.runs.newest;
  return reference.replace(/^@(\d+)$/, "v$1").replace(/^@/, "");
}

/** What was written then where this browser knows it; else the version, with the values of the record. */
function useOpen(prompt: StoredPrompt, onOpen: Props["onOpen"]) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ call, reference, now }: PastRun): Promise<Written> => {
      if (now !== null) return now;
      const version = versionIn(reference ?? "", prompt);
      if (version === null) throw new Error(WORDS.runs.gone);
      const { content } = await client.query(prompts.version(prompt.name, version));
      const values = valuesIn(call);
      return written({ ...content, ...(values ? { values } : {}) });
    },
    onSuccess: (now) => onOpen(now, WORDS.runs.opened),
    onError: (error) => tellTrouble("The run could not be opened again", error),
  });
}
