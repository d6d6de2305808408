import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { sentence } from "../api/problem";
import type { Failure } from "../api/types";
import { STATUS } from "./status";
import styles from "./DeploymentPage.module.css";

/** What went wrong, in one sentence, and the way to where it is mended. */
export function FailureBox({ endpoint, failure }: { endpoint: string; failure: Failure }) {
  const { stage, message, hint, location, internal } = failure;
  return (
    <div className={styles.failure} role="alert">
      <div>
        <strong>{STATUS[stage].word} failed.</strong> {sentence(message)}
        {hint ? <div>{sentence(hint)}</div> : null}
        <div className="small">
          {internal
            ? "The cause lies in this system, not in the definition: trying again may help."
            : "What was live before still serves."}
        </div>
      </div>
      {internal ? null : (
        <Button
          renderRoot={(props) => (
            <Link
              to="/endpoints/$name/design"
              params={{ name: endpoint }}
              search={location ? { at: location.line } : {}}
              {...props}
            />
          )}
        >
          {location ? `Mend it at line ${location.line}` : "Open the Designer"}
        </Button>
      )}
    </div>
  );
}
