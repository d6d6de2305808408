/** Whom all of this belongs to. An installation for one has one organization and one environment. */
export interface Organization {
  name: string;
  environment: string;
  /** Whether its person may change things. */
  mayWrite: boolean;
}

const LOCAL: Organization = { name: "This installation", environment: "production", mayWrite: true };

export function useOrganization(): Organization {
  return LOCAL;
}
