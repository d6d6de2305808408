import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { api, unwrap, write } from "../api/client";
import { ApiError } from "../api/problem";
import { queries } from "../api/queries";
import type { Deployment } from "../api/types";
import { NotFound } from "../app/NotFound";
import { useWritable } from "../organization/useWritable";
import { Ago } from "../ui/Ago";
import { Copy } from "../ui/Copy";
import { span } from "../ui/format";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { tell, tellTrouble } from "../ui/toast";
import { FailureBox } from "./FailureBox";
import { Log } from "./Log";
import { offers, took } from "./status";
import { StatusBadge } from "./StatusBadge";
import { Timeline } from "./Timeline";
import styles from "./DeploymentPage.module.css";

/** One deployment: where it stands, what it says, what went wrong. */
export function DeploymentPage() {
  const { id } = useParams({ from: "/deployments/$id" });
  const deployment = useQuery(queries.deployment(id));
  if (deployment.error instanceof ApiError && [400, 404].includes(deployment.error.status ?? 0))
    return <NotFound />;
  const { data } = deployment;
  return (
    <Page
      wide
      title={data ? `${data.endpoint} v${data.version}` : "Deployment"}
      beside={data ? <StatusBadge status={data.status} /> : null}
      about={data ? <About deployment={data} /> : null}
      actions={data ? <Actions deployment={data} /> : null}
    >
      <QueryState query={deployment} failed="The deployment could not be loaded">
        {(deployment) => (
          <>
            {deployment.error ? (
              <FailureBox endpoint={deployment.endpoint} failure={deployment.error} />
            ) : null}
            {deployment.status === "live" && deployment.url ? <Answers url={deployment.url} /> : null}
            <Timeline deployment={deployment} />
            <Log key={id} deployment={deployment} />
          </>
        )}
      </QueryState>
    </Page>
  );
}

function About({ deployment }: { deployment: Deployment }) {
  const { environment, by, created, message, attempts } = deployment;
  const ms = took(deployment);
  return (
    <>
      To {environment}
      {by ? `, by ${by}` : ""}, <Ago time={created} />
      {ms === null ? "" : `, in ${span(ms)}`}
      {attempts > 1 ? `, ${attempts} workers` : ""}
      {message ? ` · ${message}` : ""}
    </>
  );
}

function Answers({ url }: { url: string }) {
  return (
    <div className={styles.answers}>
      <span className={styles.word}>It answers at</span>
      <code className="cut" title={url}>
        {url}
      </code>
      <Copy text={url} what="the URL" />
    </div>
  );
}

function Actions({ deployment: { id, status, endpoint } }: { deployment: Deployment }) {
  const blocked = useWritable("POST /api/deployments");
  const client = useQueryClient();
  const navigate = useNavigate();
  const may = offers(status);

  const cancel = useMutation({
    mutationFn: () =>
      write((key) =>
        api.POST("/api/deployments/{id}/cancel", {
          params: { path: { id }, header: { "idempotency-key": key } },
        }),
      ),
    onSuccess: () => tell("It ends at its next step."),
    onError: (error) => tellTrouble("It could not be cancelled", error),
    onSettled: () => client.invalidateQueries({ queryKey: ["deployments"] }),
  });

  const retry = useMutation({
    mutationFn: async () => {
      const { batch } = await write((key) =>
        api.POST("/api/deployments/{id}/retry", {
          params: { path: { id }, header: { "idempotency-key": key } },
        }),
      );
      const query = { endpoint, limit: 20 };
      const newest = await unwrap(api.GET("/api/deployments", { params: { query } }));
      return newest.items.find((item) => item.batch === batch)?.id ?? null;
    },
    onSuccess: (again) => {
      if (again !== null) void navigate({ to: "/deployments/$id", params: { id: again } });
    },
    onError: (error) => tellTrouble("It could not be tried again", error),
    onSettled: () => client.invalidateQueries({ queryKey: ["deployments"] }),
  });

  return (
    <>
      {may.cancel ? (
        <Button
          variant="default"
          loading={cancel.isPending}
          disabled={blocked !== null}
          onClick={() => cancel.mutate()}
        >
          Cancel
        </Button>
      ) : null}
      {may.retry ? (
        <Button
          variant="default"
          loading={retry.isPending}
          disabled={blocked !== null}
          onClick={() => retry.mutate()}
        >
          Try again
        </Button>
      ) : null}
      <Button
        variant="default"
        renderRoot={(props) => <Link to="/endpoints/$name" params={{ name: endpoint }} {...props} />}
      >
        Endpoint
      </Button>
    </>
  );
}
