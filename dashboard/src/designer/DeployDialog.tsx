import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { api, write } from "../api/client";
import { queries } from "../api/queries";
import type { Batch, Checked, Endpoint, Plan } from "../api/types";
import { useOrganization } from "../organization/useOrganization";
import { Failure } from "../ui/Failure";
import { tell } from "../ui/toast";
import { breaking } from "./breaking";

const Changes = lazy(() => import("./Changes").then(({ Changes }) => ({ default: Changes })));

interface Props {
  opened: boolean;
  onClose: () => void;
  endpoint: Endpoint | null;
  checked: (Checked & { toml: string }) | null;
  file: string;
  onDeployed: () => void;
}

/** What a deploy would do, and then the deploy. */
export function DeployDialog({ opened, onClose, checked, ...rest }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="Deploy" size={720}>
      {checked?.plan ? <Body {...rest} toml={checked.toml} plan={checked.plan} onClose={onClose} /> : null}
    </Modal>
  );
}

interface BodyProps extends Pick<Props, "endpoint" | "file" | "onDeployed" | "onClose"> {
  toml: string;
  plan: Plan;
}

function Body({ endpoint, file, onDeployed, onClose, toml, plan }: BodyProps) {
  const [message, setMessage] = useState("");
  const { environment } = useOrganization();
  // What is saved under the name by now, whoever saved it.
  const names = useQuery(queries.endpoints());
  const taken = names.data?.items.some(({ name }) => name === plan.name) ?? false;
  const saved = useQuery({ ...queries.endpoint(plan.name), enabled: taken });
  const now = taken ? saved.data : null;
  const deploy = useDeploy(plan.name, file, toml, environment, (batch) => {
    onDeployed();
    onClose();
    return batch;
  });
  const breaks = now?.definition ? breaking(now.definition, plan) : [];
  const renamed = endpoint !== null && endpoint.name !== plan.name;

  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        deploy.mutate(message);
      }}
    >
      <p>
        <strong>{plan.name}</strong> goes to <strong>{environment}</strong>
        {now
          ? `, as version ${now.toml === toml ? now.version : now.version + 1}.`
          : ", as a new endpoint with a URL of its own."}
        {plan.tests.length > 0 ? ` Its tests run first; if one fails, what is live stays.` : ""}
      </p>
      {renamed ? (
        <p style={{ color: "var(--warn)" }}>
          The name has changed: {endpoint.name} stays as it is, and this is another endpoint beside it.
        </p>
      ) : null}
      {breaks.length > 0 ? (
        <div role="alert" style={{ color: "var(--bad)" }}>
          <strong>Callers will notice:</strong>
          <ul style={{ margin: 0, paddingLeft: 20 }}>
            {breaks.map((change) => (
              <li key={change}>{change}</li>
            ))}
          </ul>
        </div>
      ) : null}
      {now?.toml && now.toml !== toml ? (
        <div className="panel" style={{ overflow: "hidden" }}>
          <header>
            <h2>What changes about version {now.version}</h2>
          </header>
          <Suspense fallback={<div style={{ height: 120 }} />}>
            <Changes before={now.toml} after={toml} />
          </Suspense>
        </div>
      ) : null}
      {now && now.toml === toml ? <p className="quiet">The text is that of version {now.version}.</p> : null}
      <TextInput
        label="Why"
        description="For the history; may be left out"
        value={message}
        maxLength={200}
        onChange={(event) => setMessage(event.currentTarget.value)}
        data-autofocus
      />
      <Failure error={deploy.error} />
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Button variant="default" onClick={onClose}>
          Not yet
        </Button>
        <Button type="submit" loading={deploy.isPending}>
          Deploy to {environment}
        </Button>
      </div>
    </form>
  );
}

/** Queues the text, and goes to where it can be followed. */
function useDeploy(
  name: string,
  file: string,
  toml: string,
  environment: string,
  onDone: (batch: Batch) => void,
) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const router = useRouter();
  // Whoever reads what a deploy would do is likely to follow it.
  useEffect(() => {
    void router.loadRouteChunk(router.routesByPath["/deployments/$id"]);
  }, [router]);
  return useMutation({
    mutationFn: (message: string) =>
      write((key) =>
        api.POST("/api/deployments", {
          params: { header: { "idempotency-key": key } },
          body: { definitions: [{ file, toml }], environment, ...(message === "" ? {} : { message }) },
        }),
      ),
    onSuccess: async (batch) => {
      onDone(batch);
      const [deployment] = batch.deployments;
      void client.invalidateQueries({ queryKey: ["deployments"] });
      if (deployment && batch.batch) {
        // Its route asks for the deployment. The page asks for the log, too, and tells what goes wrong.
        client.query(queries.logSoFar(deployment.id)).catch(() => undefined);
        await navigate({ to: "/deployments/$id", params: { id: deployment.id } });
      } else {
        tell("Nothing has changed: it is live already.");
        await navigate({ to: "/endpoints/$name", params: { name } });
      }
      void client.invalidateQueries({ queryKey: ["endpoints"] });
    },
  });
}
