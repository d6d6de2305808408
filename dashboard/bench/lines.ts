/** Lines of a build's log, written where workers write theirs: no build writes as many. */
import type { Pilot } from "../e2e/pilot";
import { sql } from "./database";

/** What a build says of its `n`th line; `%s` is the number. Every tenth is so long that it takes several rows. */
const WORDS = [
  "   Compiling crate-%s v0.4.%s (registry+https://github.com/rust-lang/crates.io-index)",
  "     Running `rustc --crate-name crate_%s --edition=2024 src/lib.rs --crate-type lib --emit=dep-info,metadata,link -C embed-bitcode=no -C debuginfo=0 -C opt-level=3 --cap-lints allow --out-dir target/release/deps --extern serde=libserde-%s.rmeta --extern tokio=libtokio-%s.rmeta`",
  "warning: unused variable: `answer_%s`",
  "  --> src/handlers/part_%s.rs:%s:9",
  "    |",
  "    |     let answer_%s = call(&request).await?;",
  "    |         ^^^^^^^^ help: if this is intentional, prefix it with an underscore",
  "   Fresh crate-%s v1.0.%s",
  "    Checking step %s of the build",
  "\u001b[1m\u001b[32m    Finished\u001b[0m part %s in 0.0%ss",
];

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Lines `first` to `last` of what a deployment's log has yet to say. */
const insert = (deployment: string, first: string, last: string): string => `
  with counted as (
    update deployments set log_length = log_length + (${last} - ${first} + 1)
     where id = ${deployment} returning organization_id, id, log_length
  )
  insert into deployment_log (organization_id, deployment_id, seq, stage, level, text)
  select organization_id, id, log_length - ${last} + n, 'building',
         case n % 10 when 2 then 'warn' else 'info' end,
         replace((array[${WORDS.map(quoted).join()}])[1 + n % ${WORDS.length}], '%s', n::text)
    from counted, generate_series(${first}, ${last}) n`;

/** Writes so many lines at once. */
export async function write(pilot: Pilot, deployment: string, lines: number): Promise<void> {
  await sql(pilot, insert(quoted(deployment), "1", String(lines)));
}

/** Writes so many lines a second for so many seconds, a few at a time and each few for themselves. */
export async function trickle(
  pilot: Pilot,
  deployment: string,
  { rate, seconds, times }: { rate: number; seconds: number; times: number },
): Promise<void> {
  const each = rate / times;
  await sql(
    pilot,
    `do $$ declare began timestamptz := clock_timestamp(); begin
      for turn in 1 .. ${seconds * times} loop
        ${insert(quoted(deployment), `((turn - 1) * ${each} + 1)`, `(turn * ${each})`)};
        commit;
        perform pg_sleep(extract(epoch from
          began + turn * interval '${1000 / times} ms' - clock_timestamp()));
      end loop;
    end $$`,
  );
}

/** Makes a deployment's log one that is still written, or one that has ended. */
export async function reopen(pilot: Pilot, deployment: string, open: boolean): Promise<void> {
  const [status, finished] = open ? ["building", "null"] : ["live", "now()"];
  await sql(
    pilot,
    `update deployments set status = ${quoted(status)}, finished_at = ${finished} where id = ${quoted(deployment)}`,
  );
}
