/** How far back a list of calls goes. */
export const WITHIN = ["1h", "24h", "7d"] as const;
export type Within = (typeof WITHIN)[number];

/** Which calls a list holds. */
export interface CallFilter {
  endpoint?: string;
  /** One status, such as `504`, or a class, such as `5xx`. */
  status?: string;
  within?: Within;
}

const HOUR = 3_600_000;
const MILLISECONDS: Record<Within, number> = { "1h": HOUR, "24h": 24 * HOUR, "7d": 7 * 24 * HOUR };

/** When a span before a time began. */
export const sinceOf = (within: Within, now: number): string =>
  new Date(now - MILLISECONDS[within]).toISOString();

/** The filter as the API takes it at a time, in ms. */
export function callQuery({ endpoint, status, within }: CallFilter, now: number) {
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(status === undefined ? {} : { status }),
    ...(within === undefined ? {} : { since: sinceOf(within, now) }),
  };
}

/** Whether a call that has just come belongs to the list. */
export function isWanted(
  call: { endpoint_name: string; status: number },
  { endpoint, status }: CallFilter,
): boolean {
  if (endpoint !== undefined && call.endpoint_name !== endpoint) return false;
  if (status === undefined) return true;
  return status.endsWith("xx") ? String(call.status)[0] === status[0] : String(call.status) === status;
}
