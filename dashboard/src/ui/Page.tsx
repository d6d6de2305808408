import { useEffect, type ReactNode } from "react";
import styles from "./Page.module.css";

interface Props {
  title: string;
  /** Beside the title, such as a state. */
  beside?: ReactNode;
  about?: ReactNode;
  actions?: ReactNode;
  /** As wide as the window. */
  wide?: boolean;
  children: ReactNode;
}

/** A page's frame: its title, which the tab has too, and what may be done here. */
export function Page({ title, beside, about, actions, wide = false, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Prompt Pilot`;
  }, [title]);
  return (
    <div className={wide ? `${styles.page} ${styles.wide}` : styles.page}>
      <div className={styles.head}>
        <div className={styles.words}>
          <div className="row">
            <h1 tabIndex={-1} id="title">
              {title}
            </h1>
            {beside}
          </div>
          {about ? <div className={styles.about}>{about}</div> : null}
        </div>
        {actions ? <div className={styles.actions}>{actions}</div> : null}
      </div>
      {children}
    </div>
  );
}
