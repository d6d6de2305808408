import { Button, Switch } from "@mantine/core";
import { IconPlayerPlayFilled, IconPlayerStopFilled, IconPlus } from "@tabler/icons-react";
import { WORDS } from "./words";
import styles from "./Compare.module.css";

interface Props {
  /** Why not all can be run now; null where they can. */
  blocked: string | null;
  going: boolean;
  onRun: () => void;
  onStop: () => void;
  /** Null where there is no room for another variant. */
  onAdd: (() => void) | null;
  /** Whether what differs between answers is shown. */
  differs: boolean;
  onDiffer: (shown: boolean) => void;
}

/** What is done with all variants at once. */
export function CompareBar({ blocked, going, onRun, onStop, onAdd, differs, onDiffer }: Props) {
  return (
    <header className={styles.bar}>
      <p className="quiet small">{blocked ?? WORDS.about}</p>
      <span className="row">
        <Switch
          label={WORDS.differ}
          checked={differs}
          onChange={(event) => onDiffer(event.currentTarget.checked)}
        />
        <Button
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          disabled={onAdd === null}
          title={onAdd === null ? WORDS.full : ""}
          onClick={() => onAdd?.()}
        >
          {WORDS.add}
        </Button>
        <kbd>⌘ ↵</kbd>
        {going ? (
          <Button
            variant="default"
            leftSection={<IconPlayerStopFilled size={14} aria-hidden />}
            onClick={onStop}
          >
            {WORDS.stop}
          </Button>
        ) : (
          <Button
            disabled={blocked !== null}
            title={blocked ?? ""}
            leftSection={<IconPlayerPlayFilled size={14} aria-hidden />}
            onClick={onRun}
          >
            {WORDS.run}
          </Button>
        )}
      </span>
    </header>
  );
}
