/** The API's client, typed from its own document. */
import createClient from "openapi-fetch";
import { connection } from "./connection";
import { ApiError } from "./problem";
import type { paths } from "./schema";
import { inOrganization, session } from "./session";

/** Seconds until a read is given up; a write may wait for another one's lock. */
const READ_WITHIN = 10;
const WRITE_WITHIN = 35;

/** The largest page that the API gives. */
export const MOST = 500;

/** Attempts of a write, all with the same idempotency key. */
const ATTEMPTS = 3;

export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: send });

async function send(made: Request): Promise<Response> {
  const request = await addressed(made);
  // At a door nobody is known yet, whatever it answers, and what was typed there must stay.
  const show = isDoor(request) ? () => undefined : connection.set;
  const seconds = request.method === "GET" ? READ_WITHIN : WRITE_WITHIN;
  const timeout = AbortSignal.timeout(seconds * 1000);
  try {
    const response = await fetch(request, { signal: AbortSignal.any([request.signal, timeout]) });
    if (response.status === 401) session.forget();
    show((await isSignedOut(response)) ? "signed-out" : "live");
    return response;
  } catch (error) {
    if (request.signal.aborted) throw error;
    if (timeout.aborted) throw ApiError.timeout(seconds);
    show("unreachable");
    throw ApiError.unreachable();
  }
}

/** Refusals of a password or a code, which is asked for of who is signed in, too. */
const MISTYPED = new Set(["sign-in-refused", "code-refused"]);

/** Whether the server does not know who asks. */
async function isSignedOut(response: Response): Promise<boolean> {
  if (response.status !== 401) return false;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return !MISTYPED.has(ApiError.from(response, body).kind ?? "");
}

/** Where people come in: nobody is known there yet. */
const DOORS = new Set([
  "/api/sign-in",
  "/api/sign-in/complete",
  "/api/sign-in/ways",
  "/api/sign-up",
  "/api/invitations/show",
]);
const isDoor = ({ url }: Request): boolean => DOORS.has(new URL(url).pathname);

/** For the organization that is meant; a write shows that a page of ours makes it. */
async function addressed(request: Request): Promise<Request> {
  if (isDoor(request)) return request;
  const me = await session.me();
  const meant = inOrganization(request.url);
  const addressed = meant === request.url ? request : await readdressed(request, meant);
  if (request.method !== "GET" && me?.csrf_token) addressed.headers.set("x-csrf-token", me.csrf_token);
  return addressed;
}

/** One that is made of another would have its body as a stream, which browsers send by HTTP/2 only. */
async function readdressed(request: Request, url: string): Promise<Request> {
  const { method, headers, signal } = request;
  const body = await request.text();
  return new Request(url, { method, headers, signal, body: body === "" ? null : body });
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What was asked for, or an `ApiError`. Routes that may answer with events (text) are asked for JSON. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<Exclude<T, string>> {
  const { data, error, response } = await answer;
  if (!response.ok) {
    const refused = ApiError.from(response, error);
    // Of a session that has ended since: the next attempt is of the one that there is now.
    if (refused.kind === "csrf-token-wrong") session.forget();
    throw refused;
  }
  return data as Exclude<T, string>;
}

/** A write that may be repeated safely, and is where its answer was lost. */
export async function write<T>(request: (key: string) => Promise<Answer<T>>): Promise<Exclude<T, string>> {
  const key = idempotencyKey();
  for (let attempt = 1; ; attempt++) {
    try {
      return await unwrap(request(key));
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof ApiError && error.isTransient)) throw error;
      await new Promise((wake) => setTimeout(wake, 250 * 2 ** attempt));
    }
  }
}

/** `crypto.randomUUID` is missing on plain HTTP from another machine. */
function idempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A write that is answered in pieces, for as long as they come or until `signal` ends it. */
export async function stream(
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const made = new Request(new URL(path, window.location.origin), { method: "POST" });
  const { url, headers } = await addressed(made);
  headers.set("accept", "text/event-stream");
  headers.set("content-type", "application/json");
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal }).catch(
    (error: unknown) => {
      if (signal.aborted) throw error;
      connection.set("unreachable");
      throw ApiError.unreachable();
    },
  );
  if (response.status === 401) connection.set("signed-out");
  if (response.ok && response.body) return response.body;
  const refused = ApiError.from(response, await response.json().catch(() => null));
  if (response.status === 401 || refused.kind === "csrf-token-wrong") session.forget();
  throw refused;
}
