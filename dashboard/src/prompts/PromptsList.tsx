import { Link, useNavigate } from "@tanstack/react-router";
import type { StoredPrompt } from "../api/types";
import { Ago } from "../ui/Ago";
import { useListKeys } from "../ui/useListKeys";
import { parted } from "./rules";
import { WORDS } from "./words";
import styles from "./Prompts.module.css";

/** Prompts by name, each with where its labels point and who uses it. */
export function PromptsList({ items }: { items: StoredPrompt[] }) {
  const navigate = useNavigate();
  const { chosen } = useListKeys(items.length, (index) => {
    const name = items[index]?.name;
    if (name !== undefined) void navigate({ to: "/prompts/$name", params: { name } });
  });
  return (
    <div className="panel">
      <table className="list">
        <thead>
          <tr>
            <th scope="col">Prompt</th>
            <th scope="col">Labels</th>
            <th scope="col">Tags</th>
            <th scope="col">Used by</th>
            <th scope="col">Updated</th>
          </tr>
        </thead>
        <tbody>
          {items.map((prompt, index) => (
            <Row key={prompt.id} prompt={prompt} chosen={index === chosen} />
          ))}
        </tbody>
      </table>
      {items.length === 0 ? <p className="inside quiet">{WORDS.none}</p> : null}
    </div>
  );
}

function Row({ prompt, chosen }: { prompt: StoredPrompt; chosen: boolean }) {
  const { name, description, version, labels, tags, used_by, updated } = prompt;
  const { folder, own } = parted(name);
  return (
    <tr data-chosen={chosen}>
      <td className="lead">
        <div style={{ minWidth: 0 }}>
          {folder ? (
            <Link
              to="/prompts"
              search={{ folder }}
              className={styles.folder ?? ""}
              aria-label={`Folder ${folder}`}
            >
              {folder}
            </Link>
          ) : null}
          <Link to="/prompts/$name" params={{ name }} className="name" aria-label={name}>
            {own}
          </Link>
          <div className="quiet">{description}</div>
        </div>
      </td>
      <td data-label="Labels">
        <span className="row">
          {labels.map(({ label, version }) => (
            <span key={label} className={styles.label}>
              {label} <span className="quiet">→ v{version}</span>
            </span>
          ))}
          <span className="quiet">newest v{version}</span>
        </span>
      </td>
      <td data-label="Tags">
        <span className="row">
          {tags.map((tag) => (
            <Link key={tag} to="/prompts" search={(before) => ({ ...before, tag })} className="small">
              {tag}
            </Link>
          ))}
        </span>
      </td>
      <td data-label="Used by">
        {used_by.length === 0 ? (
          <span className="quiet">–</span>
        ) : (
          <span className="row">
            {used_by.map((endpoint) => (
              <Link key={endpoint} to="/endpoints/$name" params={{ name: endpoint }}>
                {endpoint}
              </Link>
            ))}
          </span>
        )}
      </td>
      <td data-label="Updated">
        <Ago time={updated} />
      </td>
    </tr>
  );
}
