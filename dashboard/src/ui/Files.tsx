import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import { Code } from "./Code";

/** Where most of what is worth reading is. */
const FIRST = "src/main.rs";

/** A folder's files, one at a time. */
export function Files({ files }: { files: Record<string, string> }) {
  const paths = Object.keys(files);
  const [wanted, setWanted] = useState(FIRST);
  const path = wanted in files ? wanted : (paths[0] ?? "");
  return (
    <div className="stack close">
      <NativeSelect
        aria-label="File"
        data={paths}
        value={path}
        onChange={(event) => setWanted(event.currentTarget.value)}
        style={{ alignSelf: "flex-start" }}
      />
      <Code text={files[path] ?? ""} what={path} />
    </div>
  );
}
