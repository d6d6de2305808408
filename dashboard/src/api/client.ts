/** The API's client, typed from its own document. */
import createClient from "openapi-fetch";
import { connection } from "./connection";
import { ApiError } from "./problem";
import type { paths } from "./schema";

/** Seconds until a read is given up; a write may wait for another one's lock. */
const READ_WITHIN = 10;
const WRITE_WITHIN = 35;

/** Attempts of a write, all with the same idempotency key. */
const ATTEMPTS = 3;

export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: send });

async function send(request: Request): Promise<Response> {
  const seconds = request.method === "GET" ? READ_WITHIN : WRITE_WITHIN;
  const timeout = AbortSignal.timeout(seconds * 1000);
  try {
    const response = await fetch(request, { signal: AbortSignal.any([request.signal, timeout]) });
    connection.set(response.status === 401 ? "signed-out" : "live");
    return response;
  } catch (error) {
    if (request.signal.aborted) throw error;
    if (timeout.aborted) throw ApiError.timeout(seconds);
    connection.set("unreachable");
    throw ApiError.unreachable();
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What was asked for, or an `ApiError`. Routes that may answer with events (text) are asked for JSON. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<Exclude<T, string>> {
  const { data, error, response } = await answer;
  if (!response.ok) throw ApiError.from(response, error);
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
