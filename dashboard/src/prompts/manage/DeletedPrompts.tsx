import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { IconTrash } from "@tabler/icons-react";
import type { StoredPrompt } from "../../api/types";
import { useWritable } from "../../organization/useWritable";
import { Ago } from "../../ui/Ago";
import { Empty } from "../../ui/Empty";
import { Table } from "../../ui/ListSection";
import { More } from "../../ui/More";
import { QueryState } from "../../ui/QueryState";
import { RowActions, RowButton } from "../../ui/RowActions";
import { tellTrouble } from "../../ui/toast";
import { prompts } from "../queries";
import { WORDS } from "../words";
import { useManage } from "./useManage";

/** Prompts that were deleted, and the way back. */
export function DeletedPrompts() {
  const list = useInfiniteQuery(prompts.list({ deleted: true }));
  return (
    <QueryState query={list} failed={WORDS.failed}>
      {({ pages }) => {
        const items = pages.flatMap(({ items }) => items);
        if (items.length === 0) {
          return (
            <Empty icon={IconTrash} title={WORDS.deleted.none}>
              {WORDS.deleted.about}
            </Empty>
          );
        }
        return (
          <div className="stack">
            <Table columns={["Prompt", "Versions", "Deleted"]}>
              {items.map((prompt, index) => (
                <Row
                  key={prompt.id}
                  prompt={prompt}
                  // Of several with one name, the one that was deleted last comes back.
                  last={items.findIndex(({ name }) => name === prompt.name) === index}
                />
              ))}
            </Table>
            <More query={list} />
          </div>
        );
      }}
    </QueryState>
  );
}

function Row({
  prompt: { name, description, version, deleted },
  last,
}: {
  prompt: StoredPrompt;
  last: boolean;
}) {
  const blocked = useWritable("POST /api/prompts/{name}/restore");
  const { restore } = useManage();
  const back = useMutation({
    mutationFn: () => restore(name),
    onError: (error) => tellTrouble(`${name} could not be brought back`, error),
  });
  return (
    <tr>
      <td className="lead">
        <div style={{ minWidth: 0 }}>
          <span className="name">{name}</span>
          <div className="quiet">{description}</div>
        </div>
      </td>
      <td data-label="Versions">{version}</td>
      <td data-label="Deleted">{deleted ? <Ago time={deleted} /> : null}</td>
      <RowActions>
        <RowButton
          word="Restore"
          to={name}
          blocked={last ? blocked : WORDS.deleted.later}
          loading={back.isPending}
          onClick={() => back.mutate()}
        />
      </RowActions>
    </tr>
  );
}
