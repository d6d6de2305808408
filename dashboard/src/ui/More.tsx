import { Button } from "@mantine/core";

export interface MoreQuery {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** The next page of a list, where there is one. */
export function More({ query, word = "Show more" }: { query: MoreQuery; word?: string }) {
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  if (!hasNextPage) return null;
  return (
    <Button
      variant="default"
      loading={isFetchingNextPage}
      onClick={() => void fetchNextPage()}
      style={{ alignSelf: "center" }}
    >
      {word}
    </Button>
  );
}
