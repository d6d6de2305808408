import { IconChevronRight } from "@tabler/icons-react";
import { useRouterState } from "@tanstack/react-router";
import { EnvironmentSwitch, OrganizationSwitch } from "../organization/Switch";
import { crumbs } from "./crumbs";
import styles from "./Shell.module.css";

/** Where one is: organization, environment, page. */
export function Crumbs() {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const here = crumbs(path);
  return (
    <nav aria-label="Where you are" style={{ minWidth: 0 }}>
      <ol className={styles.crumbs}>
        <li className={styles.first}>
          <OrganizationSwitch />
        </li>
        <li className={styles.first}>
          <EnvironmentSwitch className={styles.environment} />
        </li>
        {here.map(({ word, to }, index) => (
          <li key={to}>
            <IconChevronRight
              size={13}
              aria-hidden
              color="var(--text-quiet)"
              className={index === 0 ? styles.first : ""}
              style={{ flex: "none" }}
            />
            {index === here.length - 1 ? <span aria-current="page">{word}</span> : <a href={to}>{word}</a>}
          </li>
        ))}
      </ol>
    </nav>
  );
}
