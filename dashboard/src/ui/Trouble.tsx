import { Button } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { ApiError, messageOf } from "../api/problem";
import { Copy } from "./Copy";
import styles from "./Trouble.module.css";

interface Props {
  /** What was attempted, such as `Endpoints could not be loaded`. */
  what: string;
  error: unknown;
  retry?: () => void;
}

/** What failed, why, under which id, and a way on. The rest of the page lives on. */
export function Trouble({ what, error, retry }: Props) {
  const hint = error instanceof ApiError ? error.problem?.hint : undefined;
  const id = error instanceof ApiError ? error.requestId : null;
  return (
    <div className={styles.trouble} role="alert">
      <div className={styles.head}>
        <IconAlertCircle size={18} aria-hidden />
        {what}
      </div>
      <div>
        {messageOf(error)}
        {hint ? <span className="quiet"> To mend it: {hint}.</span> : null}
      </div>
      <div className="row">
        {retry ? (
          <Button variant="default" onClick={retry}>
            Try again
          </Button>
        ) : null}
        {id ? (
          <span className="row tight quiet small">
            <span>Request</span>
            <code className="cut">{id}</code>
            <Copy text={id} what="request id" />
          </span>
        ) : null}
      </div>
    </div>
  );
}
