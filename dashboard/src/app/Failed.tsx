import type { ErrorComponentProps } from "@tanstack/react-router";
import { Page } from "../ui/Page";
import { Trouble } from "../ui/Trouble";

/** A page that threw; all around it goes on. */
export function Failed({ error, reset }: ErrorComponentProps) {
  return (
    <Page title="This page failed">
      <Trouble what="The page could not be shown" error={error} retry={reset} />
    </Page>
  );
}
