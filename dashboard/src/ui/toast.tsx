/** What happened, said in passing; with a way back where there is one. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { messageOf } from "../api/problem";

/** How long something can be taken back, in ms. */
const UNDO_WITHIN = 6_000;

export function tell(message: string): void {
  notifications.show({ message, color: "accent", autoClose: 4_000 });
}

export function tellTrouble(title: string, error: unknown): void {
  notifications.show({ title, message: messageOf(error), color: "danger", autoClose: 10_000 });
}

export function tellWithUndo(message: string, undo: () => void): void {
  const id = notifications.show({
    message: (
      <span className="spread">
        {message}
        <Button
          variant="subtle"
          onClick={() => {
            notifications.hide(id);
            undo();
          }}
        >
          Undo
        </Button>
      </span>
    ),
    color: "accent",
    autoClose: UNDO_WITHIN,
  });
}
