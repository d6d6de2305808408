import { Button, VisuallyHidden } from "@mantine/core";
import { IconCircle, IconCircleCheck, IconCircleDot } from "@tabler/icons-react";
import { Link, type LinkProps } from "@tanstack/react-router";
import { behind, WAY, type Step } from "./nextStep";
import { WORDS } from "./words";
import styles from "./OverviewPage.module.css";

type Target = Pick<LinkProps, "to" | "params" | "search">;

/** One thing to do next, with its button; for a newcomer, how far it is to the first answer. */
export function NextStep({ step }: { step: Step }) {
  const { title, about, action } = WORDS.steps[step.kind];
  const [target, other] = targets(step);
  return (
    <section className={styles.step} aria-label="Next step">
      <Way step={step} />
      <div>
        <h2>{title}</h2>
        <p>{about}</p>
      </div>
      <div className="row">
        {other ? (
          <Button variant="default" renderRoot={(props) => <Link {...other.target} {...props} />}>
            {other.word}
          </Button>
        ) : null}
        <Button renderRoot={(props) => <Link {...target} {...props} />}>{action}</Button>
      </div>
    </section>
  );
}

function Way({ step }: { step: Step }) {
  const at = behind(step);
  if (at === null) return null;
  return (
    <ol className={styles.way} aria-label="The way to the first answer">
      {WAY.map((stop, index) => {
        const Sign = index < at ? IconCircleCheck : index === at ? IconCircleDot : IconCircle;
        return (
          <li
            key={stop}
            data-done={index < at}
            {...(index === at ? { "aria-current": "step" as const } : {})}
          >
            <Sign size={15} aria-hidden />
            {WORDS.way[stop]}
            {index < at ? <VisuallyHidden>, done</VisuallyHidden> : null}
          </li>
        );
      })}
    </ol>
  );
}

/** Where a step's button leads, and another way to the same end where there is one. */
function targets(step: Step): [Target, { target: Target; word: string }?] {
  switch (step.kind) {
    case "model":
      return [{ to: "/prompts" }, { target: { to: "/providers" }, word: WORDS.others.model }];
    case "prompt":
      return [{ to: "/prompts" }, { target: { to: "/endpoints/new" }, word: WORDS.others.prompt }];
    case "endpoint":
      return [
        { to: "/endpoints/new", search: { prompt: step.prompt } },
        { target: { to: "/prompts" }, word: WORDS.others.endpoint },
      ];
    case "deploy":
      return [{ to: "/endpoints/$name/design", params: { name: step.endpoint } }];
    case "mend":
      return [{ to: "/deployments/$id", params: { id: step.deployment } }];
    case "call":
      return [{ to: "/endpoints/$name", params: { name: step.endpoint } }];
    case "key":
      return [{ to: "/keys" }];
  }
}
