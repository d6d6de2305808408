import { Button } from "@mantine/core";
import { useState } from "react";
import { Area } from "../ui/Area";
import { Copy } from "../ui/Copy";
import type { Json } from "./patch";
import type { Edits } from "./useEdits";
import styles from "./Designer.module.css";

interface Props {
  edits: Edits;
  locked: string | null;
}

/** The definition in JSON, as the API takes it. Written back, it changes in the text what differs. */
export function JsonTab({ edits: { doc, edit }, locked }: Props) {
  const [typed, setTyped] = useState<string | null>(null);
  const shown = JSON.stringify(doc, null, 2);
  const meant = typed === null ? null : read(typed);
  return (
    <div className={styles.json}>
      <div className="spread">
        <span className="quiet small">Comments and order of the text stay.</span>
        <Copy text={typed ?? shown} what="the JSON" />
      </div>
      <Area
        aria-label="Definition in JSON"
        value={typed ?? shown}
        onChange={(event) => setTyped(event.currentTarget.value)}
        disabled={locked !== null}
        error={locked ?? (typed !== null && meant === null ? "This is no JSON object yet." : undefined)}
        minRows={12}
        spellCheck={false}
        classNames={{ input: styles.mono ?? "" }}
      />
      {typed === null ? null : (
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={() => setTyped(null)}>
            Throw away
          </Button>
          <Button
            disabled={meant === null || locked !== null}
            onClick={() => {
              if (meant === null) return;
              edit(() => [{ op: "replace", path: "", value: meant }]);
              setTyped(null);
            }}
          >
            Write it into the text
          </Button>
        </div>
      )}
    </div>
  );
}

function read(typed: string): Json | null {
  try {
    const json = JSON.parse(typed) as Json;
    return typeof json === "object" && json !== null && !Array.isArray(json) ? json : null;
  } catch {
    return null;
  }
}
