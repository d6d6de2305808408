import { VisuallyHidden } from "@mantine/core";
import { IconBook2, IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { Mark } from "./Mark";
import { SECTIONS } from "./nav";
import styles from "./Nav.module.css";

interface Props {
  narrow: boolean;
  onNarrow?: () => void;
  onGo?: () => void;
}

export function Nav({ narrow, onNarrow, onGo }: Props) {
  const Fold = narrow ? IconLayoutSidebarLeftExpand : IconLayoutSidebarLeftCollapse;
  return (
    <nav className={narrow ? `${styles.nav} ${styles.narrow}` : styles.nav} aria-label="Pages">
      <Link to="/" className={styles.brand ?? ""} {...(onGo ? { onClick: onGo } : {})}>
        <Mark />
        <span>Prompt Pilot</span>
      </Link>
      {SECTIONS.map(({ word, places }) => (
        <div key={word ?? ""} className={styles.section}>
          {word ? <div className={styles.word}>{word}</div> : null}
          {places.map(({ to, word, icon: Sign, key }) => (
            <Link
              key={to}
              to={to}
              title={`${word}: g ${key}`}
              className={styles.link ?? ""}
              activeOptions={{ exact: to === "/" }}
              {...(onGo ? { onClick: onGo } : {})}
            >
              <Sign size={17} aria-hidden />
              <span>{word}</span>
            </Link>
          ))}
        </div>
      ))}
      <div className={`${styles.section} ${styles.foot}`}>
        <a href="/api/docs" className={styles.link} target="_blank" rel="noreferrer">
          <IconBook2 size={17} aria-hidden />
          <span>
            API reference
            <VisuallyHidden> (opens a new tab)</VisuallyHidden>
          </span>
        </a>
        {onNarrow ? (
          <button type="button" className={styles.link} onClick={onNarrow} aria-expanded={!narrow}>
            <Fold size={17} aria-hidden />
            <span>{narrow ? "Widen the navigation" : "Fold"}</span>
          </button>
        ) : null}
      </div>
    </nav>
  );
}
