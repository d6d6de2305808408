import type { ReactNode } from "react";

interface Props {
  /** For the heading, which names the section. */
  id: string;
  title: string;
  /** Beside the title. */
  action?: ReactNode;
  about?: ReactNode;
  children: ReactNode;
}

/** A list among others of a page, under a heading. */
export function ListSection({ id, title, action, about, children }: Props) {
  return (
    <section className="stack" aria-labelledby={id}>
      <div className="spread">
        <h2 id={id}>{title}</h2>
        {action}
      </div>
      {about ? <p className="quiet">{about}</p> : null}
      {children}
    </section>
  );
}

interface TableProps {
  columns: readonly string[];
  /** Rows, each with a last cell for what may be done with it. */
  children: ReactNode;
}

export function Table({ columns, children }: TableProps) {
  return (
    <div className="panel">
      <table className="list">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
            <th scope="col" aria-label="Actions" />
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
