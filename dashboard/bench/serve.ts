/** An API beside a running Prompt Pilot, of the same installation, at which anybody may sign up. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { inFront } from "../e2e/pages";
import { BINARY, ended, type Pilot } from "../e2e/pilot";
import { until } from "../e2e/until";

interface Site {
  origin: string;
  stop: () => Promise<void>;
}

/** What `up` tells of itself, as far as it is needed here. */
interface Running {
  functions: string;
  region: string;
  access_key_id: string;
  secret_access_key: string;
}

export async function serve({ data, token }: Pilot): Promise<Site> {
  const running = JSON.parse(await readFile(join(data, "up.json"), "utf8")) as Running;
  const password = await readFile(join(data, "postgres.key"), "utf8");
  const child = spawn(BINARY, ["serve", "--listen", "127.0.0.1:0", "--sign-up", "open"], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      // Its secret key is that of `up`.
      PROMPTPILOT_DATA: data,
      PROMPTPILOT_TOKEN: token,
      DATABASE_URL: `postgres://promptpilot:${password}@localhost/promptpilot?host=${join(data, "postgres")}`,
      PROMPTPILOT_LAMBDA_URL: running.functions,
      PROMPTPILOT_ROLE_ARN: "arn:aws:iam::000000000000:role/bench",
      AWS_REGION: running.region,
      AWS_ACCESS_KEY_ID: running.access_key_id,
      AWS_SECRET_ACCESS_KEY: running.secret_access_key,
    },
  });
  let output = "";
  child.stderr.on("data", (bytes: Buffer) => (output += bytes.toString()));
  const address = await until("the API", 60, () => {
    if (child.exitCode !== null) throw new Error(`it ended: ${output}`);
    return Promise.resolve(/listening at (\S+)/.exec(output)?.[1]);
  });
  const own = address.replace("127.0.0.1", "localhost");
  const front = process.env["PROMPTPILOT_PAGES"] === "dist" ? await inFront(own) : null;
  return {
    origin: front?.link ?? own,
    stop: async () => {
      await front?.stop();
      await ended(child);
    },
  };
}
