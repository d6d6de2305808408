import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconAdjustmentsHorizontal, IconSearch } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { EndpointFilter } from "../endpoints/EndpointFilter";
import { Rows } from "../ui/Rows";
import { ChosenTime } from "./ChosenTime";
import { furtherIn, statuses, timeIn, times, TIMES } from "./filters";
import { useFilter } from "./useFilter";
import { WORDS } from "./words";
import styles from "./CallsPage.module.css";

const Further = lazy(() => import("./Further").then(({ Further }) => ({ default: Further })));

/** Words, endpoint, status and time; and whatever else calls differ by, once it is asked for. */
export function Filters() {
  const { filter, set, clear } = useFilter();
  const further = furtherIn(filter);
  const [opened, setOpened] = useState(further > 0);
  const filtered = Object.keys(filter).length > 0;
  return (
    <search className="stack close">
      <div className={styles.filters}>
        <Text key={filter.text ?? ""} now={filter.text ?? ""} onChange={(text) => set({ text })} />
        <EndpointFilter endpoint={filter.endpoint} onChange={(endpoint) => set({ endpoint })} />
        <NativeSelect
          aria-label="Status"
          data={statuses(filter.status)}
          value={filter.status ?? ""}
          onChange={(event) => set({ status: event.currentTarget.value || undefined })}
        />
        <NativeSelect
          aria-label="Time"
          data={times(filter)}
          value={timeIn(filter)}
          onChange={(event) => {
            const { value: chosen } = event.currentTarget;
            const within = TIMES.find(({ value }) => value === chosen)?.within;
            set({ within, since: undefined, until: undefined });
          }}
        />
        <ChosenTime filter={filter} />
        <Button
          variant="default"
          aria-expanded={opened}
          leftSection={<IconAdjustmentsHorizontal size={15} aria-hidden />}
          onClick={() => setOpened(!opened)}
        >
          {further > 0 ? WORDS.moreIn(further) : WORDS.more}
        </Button>
        {filtered ? (
          <Button variant="subtle" onClick={clear}>
            {WORDS.clear}
          </Button>
        ) : null}
      </div>
      <Suspense fallback={<Rows />}>{opened ? <Further /> : null}</Suspense>
    </search>
  );
}

/** Words are looked for once they are written, not at each key. */
function Text({ now, onChange }: { now: string; onChange: (text: string | undefined) => void }) {
  const [text, setText] = useState(now);
  const look = () => {
    if (text.trim() !== now) onChange(text.trim() || undefined);
  };
  return (
    <form
      className={styles.words}
      onSubmit={(event) => {
        event.preventDefault();
        look();
      }}
    >
      <TextInput
        data-search
        type="search"
        aria-label={WORDS.text}
        placeholder={WORDS.textExample}
        leftSection={<IconSearch size={14} aria-hidden />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={look}
      />
    </form>
  );
}
