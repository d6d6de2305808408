import { Button, Switch } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, write } from "../api/client";
import type { PromptTemplate } from "../api/types";
import { useWritable } from "../organization/useWritable";
import { plural } from "../ui/format";
import { QueryState } from "../ui/QueryState";
import { tellTrouble } from "../ui/toast";
import { prompts } from "./queries";
import { freeName } from "./rules";
import { WORDS } from "./words";
import styles from "./Prompts.module.css";

/** Prompts to begin with; one click makes one of them one's own. */
export function Library() {
  const [sandbox, setSandbox] = useState(true);
  const library = useQuery(prompts.library(sandbox));
  return (
    <section className="stack" aria-label="Library of prompts">
      <div className="spread">
        <h2>{WORDS.library.title}</h2>
        <Switch
          label={WORDS.library.sandbox}
          checked={sandbox}
          onChange={(event) => setSandbox(event.currentTarget.checked)}
        />
      </div>
      <QueryState query={library} failed={WORDS.library.failed}>
        {({ items }) => (
          <ul className={styles.cards}>
            {items.map((template) => (
              <Card key={template.name} template={template} sandbox={sandbox} />
            ))}
          </ul>
        )}
      </QueryState>
    </section>
  );
}

function Card({ template, sandbox }: { template: PromptTemplate; sandbox: boolean }) {
  const { name, title, description, tags, variables, content } = template;
  const blocked = useWritable("POST /api/prompt-templates/{name}/use");
  const navigate = useNavigate();
  const client = useQueryClient();
  const kept = useQuery(prompts.named());
  const use = useMutation({
    mutationFn: () =>
      write((key) =>
        api.POST("/api/prompt-templates/{name}/use", {
          params: { path: { name }, header: { "idempotency-key": key } },
          body: { name: freeName(name, kept.data?.items.map(({ name }) => name) ?? []), sandbox },
        }),
      ),
    onSuccess: async (made) => {
      await navigate({ to: "/prompts/$name", params: { name: made.name } });
      void client.invalidateQueries({ queryKey: ["prompts"] });
    },
    onError: (error) => tellTrouble(`${title} could not be used`, error),
  });
  return (
    <li className={styles.card}>
      <strong>{title}</strong>
      <span className="quiet">{description}</span>
      <span className="quiet small">
        {[plural(variables.length, "variable"), content.model?.name, ...tags].filter(Boolean).join(" · ")}
      </span>
      <Button
        variant="default"
        loading={use.isPending}
        disabled={blocked !== null}
        title={blocked ?? ""}
        aria-label={`Use ${title}`}
        onClick={() => use.mutate()}
      >
        Use
      </Button>
    </li>
  );
}
