import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, write } from "../api/client";
import type { Endpoint } from "../api/types";
import { useWritable } from "../organization/useWritable";
import { Confirm } from "../ui/Confirm";
import { tell } from "../ui/toast";

/** What is done once. */
export function SettingsTab({ endpoint: { name, url } }: { endpoint: Endpoint }) {
  const [asking, setAsking] = useState(false);
  const blocked = useWritable("DELETE /api/endpoints/{name}");
  const client = useQueryClient();
  const navigate = useNavigate();

  const remove = async () => {
    await write((key) =>
      api.DELETE("/api/endpoints/{name}", {
        params: { path: { name }, header: { "idempotency-key": key } },
      }),
    );
    await navigate({ to: "/endpoints" });
    client.removeQueries({ queryKey: ["endpoints", name] });
    await client.invalidateQueries({ queryKey: ["endpoints"] });
    tell(`${name} is gone.`);
  };

  return (
    <section className="panel" aria-labelledby="delete">
      <header>
        <h2 id="delete">Delete this endpoint</h2>
      </header>
      <div className="inside stack" style={{ alignItems: "flex-start" }}>
        <p>
          Its function and its URL go at once{url ? "; whoever calls it is refused" : ""}. Its history and its
          calls stay. The name is free again.
        </p>
        <Button color="danger" variant="light" disabled={blocked !== null} onClick={() => setAsking(true)}>
          Delete {name}
        </Button>
        {blocked ? <p className="quiet small">{blocked}</p> : null}
      </div>
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        title={`Delete ${name}?`}
        action="Delete it"
        danger
        typed={name}
        run={remove}
      >
        {url ? (
          <>
            Nothing will answer at <code>{url}</code> any more. A new endpoint of the same name gets another
            URL.
          </>
        ) : (
          "Nothing of it is live."
        )}
      </Confirm>
    </section>
  );
}
