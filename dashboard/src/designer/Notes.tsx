import { Button } from "@mantine/core";
import { useState } from "react";
import type { Endpoint } from "../api/types";
import { Ago } from "../ui/Ago";
import type { Editing } from "./useDraft";
import styles from "./Designer.module.css";

/** What somebody should know of the text before them. */
export function Notes({ editing, endpoint }: { editing: Editing; endpoint: Endpoint | null }) {
  const [read, setRead] = useState(false);
  const { restored, other, base } = editing;
  const newest = endpoint?.version ?? null;
  return (
    <>
      {restored !== null && !read ? (
        <div className={styles.note} role="status">
          <span>
            This is what you typed, last <Ago time={new Date(restored).toISOString()} />.
          </span>
          <Button variant="subtle" onClick={() => editing.restart(null)}>
            Go back to {newest === null ? "the start" : `v${newest}`}
          </Button>
          <Button variant="subtle" onClick={() => setRead(true)}>
            Go on with it
          </Button>
        </div>
      ) : null}
      {newest !== null && base !== null && newest > base ? (
        <div className={`${styles.note} ${styles.warn}`} role="status">
          <span>
            Version {newest} was saved since you began with version {base}. Deploying shows what yours would
            change about it.
          </span>
        </div>
      ) : null}
      {other !== null ? (
        <div className={styles.note} role="status">
          <span>
            Another tab has an unfinished text, last typed in <Ago time={new Date(other.at).toISOString()} />.
          </span>
          <Button
            variant="subtle"
            onClick={() => {
              editing.restart(other);
              editing.forgetOther();
            }}
          >
            Take it over
          </Button>
          <Button variant="subtle" onClick={editing.forgetOther}>
            Throw it away
          </Button>
        </div>
      ) : null}
    </>
  );
}
