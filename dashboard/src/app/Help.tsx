import { Modal } from "@mantine/core";
import { Fragment } from "react";
import { SHORTCUTS } from "./keys";
import styles from "./Help.module.css";

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Keyboard">
      <dl className={styles.keys}>
        {SHORTCUTS.map(({ keys, what }) => (
          <Fragment key={what}>
            <dt>{what}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </Fragment>
        ))}
      </dl>
      <p className="quiet small" style={{ marginTop: 16 }}>
        ⌘ is Ctrl where there is no ⌘. Keys rest while you type a text.
      </p>
    </Modal>
  );
}
