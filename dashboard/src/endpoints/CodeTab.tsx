import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/queries";
import type { Endpoint } from "../api/types";
import { Files } from "../ui/Files";
import { QueryState } from "../ui/QueryState";
import { useState } from "react";

/** The Rust crate that a version is. */
export function CodeTab({ endpoint: { name, version, live_version } }: { endpoint: Endpoint }) {
  const [chosen, setChosen] = useState(live_version ?? version);
  const source = useQuery(queries.source(name, chosen));
  const numbers = Array.from({ length: version }, (_, index) => String(version - index));
  return (
    <div className="stack">
      <NativeSelect
        label="Version"
        data={numbers.map((number) => ({
          value: number,
          label: Number(number) === live_version ? `v${number} (live)` : `v${number}`,
        }))}
        value={String(chosen)}
        onChange={(event) => setChosen(Number(event.currentTarget.value))}
        maw={200}
      />
      <QueryState query={source} failed="The code could not be loaded">
        {({ files }) => <Files files={files} />}
      </QueryState>
    </div>
  );
}
