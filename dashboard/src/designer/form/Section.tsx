import type { ReactNode } from "react";
import { Found } from "./inputs";
import { idOf } from "./useForm";
import styles from "./Form.module.css";

interface Props {
  title: string;
  pointer: string;
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A part of the definition; problems of the part itself stand on top. */
export function Section({ title, pointer, about, actions, children }: Props) {
  return (
    <section className={styles.section} id={idOf(pointer)} aria-label={title} tabIndex={-1}>
      <header>
        <h2>{title}</h2>
        {actions}
      </header>
      {about ? <p className="quiet small">{about}</p> : null}
      <Found pointer={pointer} />
      {children}
    </section>
  );
}
