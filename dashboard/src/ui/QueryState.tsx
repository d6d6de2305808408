import type { ReactNode } from "react";
import { Rows } from "./Rows";
import { Trouble } from "./Trouble";

interface Query<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

interface Props<T> {
  query: Query<T>;
  /** Said where it fails, such as `Endpoints could not be loaded`. */
  failed: string;
  loading?: ReactNode;
  children: (data: T) => ReactNode;
}

/** A query's states are this component's business. What was loaded once stays, even if later looks fail. */
export function QueryState<T>({ query, failed, loading, children }: Props<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) {
    return <Trouble what={failed} error={query.error} retry={() => void query.refetch()} />;
  }
  return loading ?? <Rows />;
}
