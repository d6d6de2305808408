import { Link, useSearch } from "@tanstack/react-router";
import { Page } from "../ui/Page";
import { Designer } from "./Designer";
import { STARTERS, starter } from "./starters";
import styles from "./Designer.module.css";

/** A new endpoint: something to begin with, and then the Designer. */
export function NewPage() {
  const { from } = useSearch({ from: "/endpoints/new" });
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
    </Page>
  );
}
