import { ActionIcon } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconTrash } from "@tabler/icons-react";
import { reorder } from "../patch";
import { useForm, useSet } from "./useForm";
import styles from "./Form.module.css";

interface Props {
  /** The list or table that it is in, and where. */
  list: string;
  index: number;
  length: number;
  pointer: string;
  /** What it is called, for those who hear the page. */
  what: string;
}

/** Up, down, away. */
export function ItemButtons({ list, index, length, pointer, what }: Props) {
  const { edit, locked } = useForm();
  const set = useSet(pointer);
  const move = (to: number) => edit((doc) => reorder(doc, list, index, to));
  return (
    <span className={styles.buttons}>
      <ActionIcon
        size="sm"
        aria-label={`Move ${what} up`}
        disabled={locked !== null || index === 0}
        onClick={() => move(index - 1)}
      >
        <IconArrowUp size={15} />
      </ActionIcon>
      <ActionIcon
        size="sm"
        aria-label={`Move ${what} down`}
        disabled={locked !== null || index === length - 1}
        onClick={() => move(index + 1)}
      >
        <IconArrowDown size={15} />
      </ActionIcon>
      <ActionIcon
        size="sm"
        aria-label={`Remove ${what}`}
        disabled={locked !== null}
        onClick={() => set(undefined)}
      >
        <IconTrash size={15} />
      </ActionIcon>
    </span>
  );
}
