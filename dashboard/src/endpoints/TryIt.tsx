import { Button, SegmentedControl } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useEffectEvent, useState } from "react";
import { api, write } from "../api/client";
import type { Definition, Endpoint, Tried } from "../api/types";
import { useWritable } from "../organization/useWritable";
import { Area } from "../ui/Area";
import { Badge } from "../ui/Badge";
import { Code } from "../ui/Code";
import { span } from "../ui/format";
import { Trouble } from "../ui/Trouble";
import { Input } from "./Input";
import { sample } from "./sample";
import { answerText, parseRequest, problemsOf, toRequest, toTexts, type Texts } from "./trial";

interface Props {
  endpoint: Endpoint;
  definition: Definition;
}

/** A call from here, by the deployment's own right: no key is needed. */
export function TryIt({ endpoint, definition }: Props) {
  const fields = definition.request ?? {};
  const [texts, setTexts] = useState<Texts>(() => toTexts(fields, sample(definition)));
  const [json, setJson] = useState<string | null>(null);
  const blocked = useWritable("POST /api/endpoints/{name}/try");
  const trial = useMutation({
    mutationFn: (request: Record<string, unknown>) =>
      write((key) =>
        api.POST("/api/endpoints/{name}/try", {
          params: { path: { name: endpoint.name }, header: { "idempotency-key": key } },
          body: { request },
        }),
      ),
  });
  const asked = json === null ? toRequest(fields, texts) : parseRequest(json);
  const told = trial.data ? problemsOf(trial.data) : {};
  const ready = typeof endpoint.live_version === "number";
  const run = () => {
    if (ready && blocked === null && "request" in asked) trial.mutate(asked.request);
  };
  useRunKey(run);

  return (
    <section className="panel" aria-labelledby="try-it">
      <header>
        <h2 id="try-it">Try it</h2>
        <SegmentedControl
          aria-label="How to write the request"
          data={["Fields", "JSON"]}
          value={json === null ? "Fields" : "JSON"}
          onChange={(mode) => {
            if (mode === "JSON") setJson(JSON.stringify("request" in asked ? asked.request : {}, null, 2));
            else {
              if ("request" in asked) setTexts(toTexts(fields, asked.request));
              setJson(null);
            }
          }}
        />
      </header>
      <form
        className="inside stack"
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        {json === null ? (
          Object.entries(fields).map(([name, field]) => (
            <Input
              key={name}
              name={name}
              field={field}
              text={texts[name] ?? ""}
              error={("errors" in asked ? asked.errors[name] : undefined) ?? told[name]}
              onChange={(text) => setTexts({ ...texts, [name]: text })}
            />
          ))
        ) : (
          <Area
            label="Request"
            className="mono"
            minRows={6}
            maxRows={24}
            value={json}
            spellCheck={false}
            error={"errors" in asked ? asked.errors[""] : undefined}
            onChange={(event) => setJson(event.currentTarget.value)}
          />
        )}
        <div className="spread">
          <Button
            type="submit"
            loading={trial.isPending}
            disabled={!ready || blocked !== null || "errors" in asked}
          >
            Call
          </Button>
          <span className="quiet small">
            {ready ? <kbd>⌘ ↵</kbd> : "Nothing is live yet."} {blocked}
          </span>
        </div>
        {trial.error ? <Trouble what="It could not be tried" error={trial.error} /> : null}
        {trial.data ? <Answer tried={trial.data} /> : null}
      </form>
    </section>
  );
}

/** ⌘↵, from wherever in the request. */
function useRunKey(run: () => void): void {
  const act = useEffectEvent(run);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

function Answer({ tried }: { tried: Tried }) {
  return (
    <div className="stack close" role="status">
      <div className="row">
        <Badge tone={tried.status < 400 ? "good" : tried.status < 500 ? "warn" : "bad"}>{tried.status}</Badge>
        <span className="quiet small">
          {span(tried.took_ms)} · v{tried.version}
        </span>
        {tried.call ? (
          <Link to="/calls" search={{ call: tried.call }} className="small">
            See the call
          </Link>
        ) : null}
      </div>
      <Code text={answerText(tried)} what="answer" wrap height={420} />
    </div>
  );
}
