import { Button, Modal } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, write } from "../api/client";
import type { BudgetState } from "../api/types";
import { useOrganization } from "../organization/useOrganization";
import { useWritable } from "../organization/useWritable";
import { Until } from "../ui/Ago";
import { Badge } from "../ui/Badge";
import { Confirm } from "../ui/Confirm";
import { money } from "../ui/format";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { tell } from "../ui/toast";
import { BudgetForm } from "./BudgetForm";
import { spentShare, standing } from "./budget";
import { settings } from "./queries";

const SET = "PUT /api/organizations/{organization}/budget";

/** What the organization may spend, and has spent. */
export function BudgetPage() {
  const { name, slug } = useOrganization();
  const state = useQuery({ ...settings.budget(slug ?? ""), enabled: slug !== null });
  const blocked = useWritable(SET);
  const [setting, setSetting] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const budget = state.data?.budget ?? null;
  return (
    <Page
      title="Budget"
      about={`What ${name} may spend in a period: by all of its endpoints, by programs that execute its prompts, and by people who try them.`}
      actions={
        <>
          {budget ? (
            <Button variant="default" disabled={blocked !== null} onClick={() => setLeaving(true)}>
              Remove
            </Button>
          ) : null}
          <Button disabled={blocked !== null} title={blocked ?? ""} onClick={() => setSetting(true)}>
            {budget ? "Change" : "Set a budget"}
          </Button>
        </>
      }
    >
      <QueryState query={state} failed="The budget could not be loaded">
        {(state) => <Shown state={state} />}
      </QueryState>
      <Modal opened={setting} onClose={() => setSetting(false)} title="What may be spent">
        {slug === null ? null : (
          <BudgetForm organization={slug} budget={budget} onClose={() => setSetting(false)} />
        )}
      </Modal>
      {slug === null ? null : (
        <Removal organization={slug} opened={leaving} onClose={() => setLeaving(false)} />
      )}
    </Page>
  );
}

function Shown({ state }: { state: BudgetState }) {
  const { budget, spent_usd, resets, holds_endpoints } = state;
  const stands = standing(state);
  if (!budget || !stands) {
    return <p className="quiet">There is no budget: the organization may spend what it likes.</p>;
  }
  const share = spentShare(state) ?? 0;
  const soft = budget.soft ?? null;
  return (
    <section className="stack" aria-label="Budget">
      <span className="row">
        <strong>{budget.limit}</strong>
        <Badge tone={stands.tone}>{stands.word}</Badge>
      </span>
      <meter
        value={Math.min(1, share)}
        high={soft ?? 1}
        aria-label={`${Math.round(share * 100)} % of the budget is spent`}
        style={{ width: "100%", maxWidth: 480 }}
      />
      <p>
        {money(Number(spent_usd) * 1_000_000)} spent
        {resets ? (
          <>
            ; anew <Until time={resets} />
          </>
        ) : null}
        . {budget.hard ? "Calls beyond it are refused." : "It refuses nobody, and only tells."}
        {soft === null ? null : ` It tells once when ${Math.round(soft * 1000) / 10} % are spent.`}
      </p>
      {holds_endpoints ? null : (
        <p className="quiet">Deployed endpoints are not held to it, since they have no state store to ask.</p>
      )}
    </section>
  );
}

interface RemovalProps {
  organization: string;
  opened: boolean;
  onClose: () => void;
}

function Removal({ organization, opened, onClose }: RemovalProps) {
  const client = useQueryClient();
  const run = async () => {
    await write((key) =>
      api.DELETE("/api/organizations/{organization}/budget", {
        params: { path: { organization }, header: { "idempotency-key": key } },
      }),
    );
    await client.invalidateQueries({ queryKey: settings.budget(organization).queryKey });
    tell("The budget is gone.");
  };
  return (
    <Confirm opened={opened} onClose={onClose} title="Remove the budget?" action="Remove it" danger run={run}>
      From then on nothing but the budgets of endpoints and keys bounds what is spent.
    </Confirm>
  );
}
