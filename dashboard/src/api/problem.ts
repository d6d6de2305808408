/** What went wrong with a request, and what may be done about it. */

/** A problem document (RFC 9457) as the server writes it. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  hint?: string;
  [member: string]: unknown;
}

const PREFIX = "urn:promptpilot:problem:";

/** Kinds that another attempt may not meet. */
const AGAIN = new Set(["idempotency-key-busy", "csrf-token-wrong"]);

export type Cause = "problem" | "unreachable" | "timeout";

/** A request that was not answered, or not with what was asked for. */
export class ApiError extends Error {
  constructor(
    override readonly cause: Cause,
    message: string,
    readonly problem: Problem | null = null,
    readonly requestId: string | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }

  static unreachable(): ApiError {
    return new ApiError("unreachable", "The server does not answer.");
  }

  static timeout(seconds: number): ApiError {
    return new ApiError("timeout", `The server did not answer within ${seconds} s.`);
  }

  /** From an answer that says no; its body may be anything. */
  static from(response: Response, body: unknown): ApiError {
    const id = response.headers.get("x-request-id");
    if (isProblem(body)) return new ApiError("problem", sentence(body.detail), body, id);
    return new ApiError("problem", `The server answered ${response.status}.`, null, id);
  }

  /** The last part of the problem's type, such as `endpoint-not-found`. */
  get kind(): string | null {
    return this.problem?.type.startsWith(PREFIX) ? this.problem.type.slice(PREFIX.length) : null;
  }

  get status(): number | null {
    return this.problem?.status ?? null;
  }

  /** Whether the same request may go well in a moment. */
  get isTransient(): boolean {
    if (this.cause !== "problem") return true;
    return [429, 502, 503, 504].includes(this.status ?? 0) || AGAIN.has(this.kind ?? "");
  }
}

export function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "type" in body && "detail" in body && "status" in body;
}

/** The server's sentences begin small and have no full stop; ours stand alone. */
export function sentence(detail: string): string {
  const text = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.!?…:]$/.test(text) ? text : `${text}.`;
}

/** What to tell of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong.";
}
