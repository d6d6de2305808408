import { NativeSelect, Switch, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, write } from "../api/client";
import type { BudgetState } from "../api/types";
import { DialogForm } from "../ui/DialogForm";
import { tell } from "../ui/toast";
import { limitOf, partsOf, PERIODS, shareOf } from "./budget";
import { settings } from "./queries";

interface Props {
  organization: string;
  budget: BudgetState["budget"];
  onClose: () => void;
}

/** Takes a budget in. */
export function BudgetForm({ organization, budget, onClose }: Props) {
  const now = budget ? partsOf(budget.limit) : { amount: "", per: "month" };
  const [amount, setAmount] = useState(now.amount);
  const [per, setPer] = useState(now.per);
  const [percent, setPercent] = useState(budget?.soft ? String(budget.soft * 100) : "");
  const [hard, setHard] = useState(budget?.hard ?? true);
  const client = useQueryClient();
  const limit = limitOf(amount, per);
  const soft = shareOf(percent);
  const save = useMutation({
    mutationFn: () =>
      write((key) =>
        api.PUT("/api/organizations/{organization}/budget", {
          params: { path: { organization }, header: { "idempotency-key": key } },
          body: { limit: limit ?? "", soft: soft ?? null, hard },
        }),
      ),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: settings.budget(organization).queryKey });
      tell("The budget is set, and holds within seconds.");
    },
  });
  // One that was set elsewhere may have another.
  const periods: string[] = [...PERIODS];
  if (!periods.includes(now.per)) periods.push(now.per);
  return (
    <DialogForm
      action="Set it"
      busy={save.isPending}
      ready={limit !== null && soft !== undefined}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <TextInput
        label="Amount"
        description="In USD"
        inputMode="decimal"
        value={amount}
        onChange={(event) => setAmount(event.currentTarget.value)}
        autoComplete="off"
        required
        data-autofocus
      />
      <NativeSelect
        label="In each"
        description="Periods are the calendar's, in UTC"
        data={periods}
        value={per}
        onChange={(event) => setPer(event.currentTarget.value)}
      />
      <TextInput
        label="Tell at"
        description="Percent of it; the call that comes to it is marked, once in each period"
        placeholder="never"
        inputMode="decimal"
        value={percent}
        onChange={(event) => setPercent(event.currentTarget.value)}
        autoComplete="off"
      />
      <Switch
        label="Refuse calls beyond it"
        checked={hard}
        onChange={(event) => setHard(event.currentTarget.checked)}
      />
    </DialogForm>
  );
}
