import { Button } from "@mantine/core";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { Step } from "./nextStep";
import { WORDS } from "./words";
import styles from "./OverviewPage.module.css";

type Target = Pick<LinkProps, "to" | "params" | "search">;

/** One thing to do next, with its button. */
export function NextStep({ step }: { step: NonNullable<Step> }) {
  const { title, about, action } = WORDS.steps[step.kind];
  return (
    <section className={styles.step} aria-label="Next step">
      <div>
        <h2>{title}</h2>
        <p>{about}</p>
      </div>
      <Button renderRoot={(props) => <Link {...target(step)} {...props} />}>{action}</Button>
    </section>
  );
}

function target(step: NonNullable<Step>): Target {
  switch (step.kind) {
    case "design":
      return { to: "/endpoints/new" };
    case "deploy":
      return { to: "/endpoints/$name/design", params: { name: step.endpoint } };
    case "mend":
      return { to: "/deployments/$id", params: { id: step.deployment } };
    case "call":
      return { to: "/endpoints/$name", params: { name: step.endpoint } };
    case "key":
      return { to: "/keys" };
  }
}
