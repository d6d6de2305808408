/** A Prompt Pilot of its own: the real binary, its own database, free ports. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { inFront } from "./pages";
import { until } from "./until";

const TARGET = process.env["CARGO_TARGET_DIR"] ?? resolve(import.meta.dirname, "../../target");
export const BINARY = process.env["PROMPTPILOT_BINARY"] ?? join(TARGET, "debug/promptpilot");

export interface Pilot {
  /** Opens the dashboard, once. */
  link: string;
  /** Where programs reach the API, and with which token. */
  api: string;
  token: string;
  /** Its data directory. */
  data: string;
  /** Asks the API as a program does. */
  ask: (method: string, path: string, body?: unknown) => Promise<Response>;
  stop: () => Promise<void>;
}

/** What it is started with beside the usual. */
export interface Wanted {
  flags: string[];
  env: Record<string, string>;
}

export async function start(wanted: Wanted = { flags: ["--port", "0"], env: {} }): Promise<Pilot> {
  const data = await mkdtemp(join(tmpdir(), "promptpilot-"));
  const env = { ...process.env };
  delete env["DATABASE_URL"];
  const child = spawn(BINARY, ["up", "--functions-port", "0", "--state-port", "0", ...wanted.flags], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PROMPTPILOT_BUILD_DIR: join(TARGET, "debug/test-build"),
      PROMPTPILOT_POSTGRES_FSYNC: "off",
      ...env,
      ...wanted.env,
      PROMPTPILOT_DATA: data,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes: Buffer) => (output += bytes.toString()));
  }
  const link = await until("the link", 60, () => {
    if (child.exitCode !== null) throw new Error(`it ended: ${output}`);
    return Promise.resolve(/http:\/\/localhost:\d+\/open\/\w+/.exec(output)?.[0]);
  });
  // `PROMPTPILOT_PAGES=dist`: those that were built last, though no binary has been built since.
  const front = process.env["PROMPTPILOT_PAGES"] === "dist" ? await inFront(link) : null;
  const running = JSON.parse(await readFile(join(data, "up.json"), "utf8")) as { api: string; token: string };
  return {
    link: front?.link ?? link,
    api: running.api,
    token: running.token,
    data,
    ask: (method, path, body) => {
      const headers = { authorization: `Bearer ${running.token}`, "content-type": "application/json" };
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      return fetch(`${running.api}${path}`, { method, headers, ...sent });
    },
    stop: async () => {
      await front?.stop();
      await ended(child);
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** What tells it of an OpenID provider that nobody will reach, and of the address that this takes. */
export async function withoutProvider(): Promise<Wanted> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const port = String((server.address() as AddressInfo).port);
  await new Promise((done) => server.close(done));
  const site = ["--port", port, "--public-url", `http://localhost:${port}`];
  const provider = [
    "--oidc-issuer",
    "http://127.0.0.1:9",
    "--oidc-client-id",
    "pilot",
    "--oidc-name",
    "Example",
  ];
  return { flags: [...site, ...provider], env: { PROMPTPILOT_OIDC_CLIENT_SECRET: "secret" } };
}

/** Asks a process to end, and waits until it has. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = new Promise((done) => child.once("exit", done));
  child.kill("SIGINT");
  await exit;
}
