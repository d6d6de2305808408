import { Button } from "@mantine/core";
import type { StoredPrompt } from "../api/types";
import { Ago } from "../ui/Ago";
import type { Edit, Seed } from "./useEdit";
import styles from "./Studio.module.css";

interface Props {
  edit: Edit;
  prompt: StoredPrompt;
  opened: number;
  latest: Seed;
}

/** What somebody should know of what is written here: where it came from, and what there is since. */
export function Notes({ edit, prompt, opened, latest }: Props) {
  const { restored, base } = edit.begun;
  return (
    <>
      {restored !== null ? (
        <p className={styles.note} role="status">
          <span>
            What you typed <Ago time={new Date(restored).toISOString()} /> is here again; it is not saved.
          </span>
          <Button variant="default" onClick={() => edit.restart(latest)}>
            Go back to v{prompt.version}
          </Button>
        </p>
      ) : null}
      {opened < base ? (
        <p className={styles.note} role="status">
          This is version {opened}. Saving it makes a new version; version {prompt.version} is the newest.
        </p>
      ) : null}
      {prompt.version > base ? (
        <p className={styles.note} role="status">
          <span>
            Version {prompt.version} was saved {prompt.by ? `by ${prompt.by} ` : ""}in the meantime.
          </span>
          <Button variant="default" onClick={() => edit.restart(latest)}>
            Look at it{edit.changed ? " and drop mine" : ""}
          </Button>
        </p>
      ) : null}
    </>
  );
}
