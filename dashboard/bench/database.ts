/** The database of a running Prompt Pilot, as its superuser: for what neither pages nor programs write. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Pilot } from "../e2e/pilot";

const run = promisify(execFile);

/** Runs a statement; what it answers, without a heading. */
export async function sql({ data }: Pick<Pilot, "data">, statement: string): Promise<string> {
  const PGPASSWORD = await readFile(join(data, "postgres.key"), "utf8");
  const { stdout } = await run(
    "psql",
    [
      "--no-psqlrc",
      "--quiet",
      "--tuples-only",
      "--no-align",
      "--set=ON_ERROR_STOP=1",
      "--command",
      statement,
    ],
    {
      env: {
        ...process.env,
        PGHOST: join(data, "postgres"),
        PGUSER: "promptpilot",
        PGDATABASE: "promptpilot",
        PGPASSWORD,
      },
    },
  );
  return stdout.trim();
}
