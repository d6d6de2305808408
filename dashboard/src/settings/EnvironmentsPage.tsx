import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, write } from "../api/client";
import { queries } from "../api/queries";
import { chooseEnvironment, DEFAULT_ENVIRONMENT } from "../api/session";
import type { Environment } from "../api/types";
import { useCreate } from "../app/useKeys";
import { useOrganization } from "../organization/useOrganization";
import { useWritable } from "../organization/useWritable";
import { Ago } from "../ui/Ago";
import { Badge } from "../ui/Badge";
import { Confirm } from "../ui/Confirm";
import { plural } from "../ui/format";
import { Table } from "../ui/ListSection";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { RowActions, RowButton } from "../ui/RowActions";
import { tell } from "../ui/toast";
import { DialogForm } from "../ui/DialogForm";

/** Where endpoints serve, each place with functions, URLs and keys of its own. */
export function EnvironmentsPage() {
  const environments = useQuery(queries.environments());
  const blocked = useWritable("POST /api/environments");
  const [making, setMaking] = useState(false);
  const [leaving, setLeaving] = useState<Environment | null>(null);
  useCreate(() => setMaking(true));
  return (
    <Page
      title="Environments"
      about="An endpoint serves in each environment by itself: with its own function, URL and version, and with keys of providers that may be its own."
      actions={
        <Button disabled={blocked !== null} title={blocked ?? ""} onClick={() => setMaking(true)}>
          New environment
        </Button>
      }
    >
      <QueryState query={environments} failed="Environments could not be loaded">
        {({ items }) => (
          <Table columns={["Name", "Serve in it", "Keys of its own", "Made"]}>
            {items.map((environment) => (
              <Row
                key={environment.id}
                environment={environment}
                blocked={blocked}
                onDelete={() => setLeaving(environment)}
              />
            ))}
          </Table>
        )}
      </QueryState>
      <Modal opened={making} onClose={() => setMaking(false)} title="New environment">
        <Form onClose={() => setMaking(false)} />
      </Modal>
      <Deletion environment={leaving} onClose={() => setLeaving(null)} />
    </Page>
  );
}

interface RowProps {
  environment: Environment;
  blocked: string | null;
  onDelete: () => void;
}

function Row({ environment: { name, live, credentials, created }, blocked, onDelete }: RowProps) {
  const { environment: now } = useOrganization();
  return (
    <tr>
      <td className="lead name">
        {name} {name === now ? <Badge tone="good">Looked at</Badge> : null}
      </td>
      <td data-label="Serve in it">{plural(live, "endpoint")}</td>
      <td data-label="Keys of its own">
        {credentials === 0 ? <span className="quiet">none</span> : credentials}
      </td>
      <td data-label="Made">
        <Ago time={created} />
      </td>
      <RowActions>
        {name === now ? null : <RowButton word="Look at" to={name} onClick={() => lookAt(name)} />}
        {name === DEFAULT_ENVIRONMENT ? null : (
          <RowButton word="Delete" to={name} blocked={blocked} onClick={onDelete} />
        )}
      </RowActions>
    </tr>
  );
}

function lookAt(name: string): void {
  chooseEnvironment(name);
  // Nothing of the other one may stay on a page.
  window.location.assign("/endpoints");
}

function Form({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: () =>
      write((key) =>
        api.POST("/api/environments", {
          params: { header: { "idempotency-key": key } },
          body: { name: name.trim() },
        }),
      ),
    onSuccess: async ({ name }) => {
      onClose();
      await client.invalidateQueries({ queryKey: queries.environments().queryKey });
      tell(`${name} is there: choose it at the top, and deploy to it.`);
    },
  });
  return (
    <DialogForm
      action="Make it"
      busy={make.isPending}
      ready={name.trim() !== ""}
      error={make.error}
      onSubmit={() => make.mutate()}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        description="A lower-case letter, then lower-case letters, digits or hyphens, such as staging"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
        required
        data-autofocus
      />
    </DialogForm>
  );
}

function Deletion({ environment, onClose }: { environment: Environment | null; onClose: () => void }) {
  const client = useQueryClient();
  const { environment: now } = useOrganization();
  const run = async () => {
    if (!environment) return;
    const { name } = environment;
    const { endpoints } = await write((key) =>
      api.DELETE("/api/environments/{name}", {
        params: { path: { name }, header: { "idempotency-key": key } },
      }),
    );
    if (name === now) chooseEnvironment(DEFAULT_ENVIRONMENT);
    await client.invalidateQueries();
    tell(
      endpoints.length === 0
        ? `${name} is gone.`
        : `${name} is gone, and with it ${endpoints.join(", ")} there.`,
    );
  };
  return (
    <Confirm
      opened={environment !== null}
      onClose={onClose}
      title={`Delete ${environment?.name ?? ""}?`}
      action="Delete it"
      danger
      {...(environment ? { typed: environment.name } : {})}
      run={run}
    >
      {environment ? (
        <>
          It takes along {plural(environment.live, "endpoint")} that{" "}
          {environment.live === 1 ? "serves" : "serve"} in it, with function and URL, and{" "}
          {plural(environment.credentials, "key")} of providers. The endpoints stay in other environments, and
          so does what was recorded.
        </>
      ) : null}
    </Confirm>
  );
}
