import { Button, VisuallyHidden } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import type { CallFilter } from "../api/callFilter";
import { stretch } from "../ui/format";
import { isChosen } from "./filters";
import { useFilter } from "./useFilter";
import { WORDS } from "./words";

/** The time that calls are kept to, where one was chosen on the histogram; a click takes it away. */
export function ChosenTime({ filter }: { filter: CallFilter }) {
  const { set } = useFilter();
  if (!isChosen(filter)) return null;
  return (
    <Button
      variant="default"
      maw="100%"
      rightSection={<IconX size={14} aria-hidden />}
      onClick={() => set({ since: undefined, until: undefined })}
    >
      <VisuallyHidden>{WORDS.unchoose}</VisuallyHidden>
      {stretch(filter.since, filter.until)}
    </Button>
  );
}
