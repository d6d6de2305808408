import type { Field } from "../api/types";
import { boundsOf, typeOf } from "./fields";
import { isRequired } from "./sample";
import styles from "./CallTab.module.css";

/** Fields with their types and bounds, those inside others below them. */
export function Fields({ fields, none }: { fields: Record<string, Field>; none: string }) {
  const named = Object.entries(fields);
  if (named.length === 0) return <p className={`${styles.field} quiet`}>{none}</p>;
  return (
    <div className={styles.fields}>
      {named.map(([name, field]) => (
        <One key={name} name={name} field={field} />
      ))}
    </div>
  );
}

function One({ name, field }: { name: string; field: Field }) {
  const inner = field.fields ?? field.items?.fields;
  const has = inner !== undefined && Object.keys(inner).length > 0;
  return (
    <div className={styles.field}>
      <div className="row" style={{ rowGap: 0 }}>
        <code style={{ fontWeight: 600 }}>{name}</code>
        <span className="quiet small">{typeOf(field)}</span>
        {isRequired(field) ? null : <span className="quiet small">· {whenAbsent(field)}</span>}
        {boundsOf(field).map((bound) => (
          <span key={bound} className="quiet small">
            · {bound}
          </span>
        ))}
      </div>
      {field.description ? <div className="small">{field.description}</div> : null}
      {has ? (
        <div className={styles.inner}>
          <Fields fields={inner} none="" />
        </div>
      ) : null}
    </div>
  );
}

const whenAbsent = ({ default: value }: Field): string =>
  value === undefined || value === null ? "may be left out" : `${JSON.stringify(value)} if left out`;
