import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { prompts } from "../prompts/queries";
import { Page } from "../ui/Page";
import { Designer } from "./Designer";
import { FromPrompt } from "./FromPrompt";
import { STARTERS, starter } from "./starters";
import styles from "./Designer.module.css";

/** Prompts that are offered; all others are found on their page. */
const FEW = 6;

/** A new endpoint: something to begin with, and then the Designer. */
export function NewPage() {
  const { from, prompt } = useSearch({ from: "/endpoints/new" });
  if (prompt !== undefined) return <FromPrompt key={prompt} name={prompt} />;
  const chosen = starter(from);
  if (chosen) {
    return (
      <Designer
        key={chosen.id}
        name={`new-${chosen.id}`}
        title="New endpoint"
        endpoint={null}
        toml={chosen.toml}
      />
    );
  }
  return (
    <Page
      title="New endpoint"
      about="Begin with one of these and make it yours. All of them run on the sandbox: no key, no cost."
    >
      <ul className={styles.starters}>
        {STARTERS.map(({ id, title, about }) => (
          <li key={id}>
            <Link to="/endpoints/new" search={{ from: id }} className={styles.starter ?? ""}>
              <strong>{title}</strong>
              <span className="quiet">{about}</span>
            </Link>
          </li>
        ))}
      </ul>
      <OfPrompts />
    </Page>
  );
}

/** The organization's own prompts; an endpoint of one refers to it. */
function OfPrompts() {
  const { data } = useQuery(prompts.named());
  const some = [...(data?.items ?? [])].sort((a, b) => (a.updated < b.updated ? 1 : -1)).slice(0, FEW);
  if (some.length === 0) return null;
  return (
    <section className="stack close" aria-labelledby="of-prompts">
      <h2 id="of-prompts">Or with a prompt of yours</h2>
      <ul className={styles.starters}>
        {some.map(({ name, description }) => (
          <li key={name}>
            <Link to="/endpoints/new" search={{ prompt: name }} className={styles.starter ?? ""}>
              <strong>{name}</strong>
              <span className="quiet">{description}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
