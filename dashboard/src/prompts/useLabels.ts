import { useQueryClient } from "@tanstack/react-query";
import { api, write } from "../api/client";
import { tell, tellTrouble, tellWithUndo } from "../ui/toast";

/** Moves and removes labels; the toast takes it back. Nobody else's move is overwritten. */
export function useLabels(name: string) {
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: ["prompts"] });

  const put = async (label: string, from: number | null, to: number) => {
    const moved = await write((key) =>
      api.PUT("/api/prompts/{name}/labels/{label}", {
        params: {
          path: { name, label },
          header: { "if-match": `"${from ?? 0}"`, "idempotency-key": key },
        },
        body: { version: to },
      }),
    );
    await again();
    return moved;
  };

  const take = async (label: string, from: number, force: boolean) => {
    await write((key) =>
      api.DELETE("/api/prompts/{name}/labels/{label}", {
        params: {
          path: { name, label },
          query: { force },
          header: { "if-match": `"${from}"`, "idempotency-key": key },
        },
      }),
    );
    await again();
  };

  const undone = (what: Promise<unknown>, words: string) =>
    void what.then(
      () => tell(words),
      (error: unknown) => tellTrouble("It could not be taken back", error),
    );

  return {
    move: async (label: string, from: number | null, to: number) => {
      const { endpoints } = await put(label, from, to);
      const behind = endpoints.length > 0 ? ` Deploy ${endpoints.join(", ")} to bring it there.` : "";
      tellWithUndo(`${label} is v${to} now.${behind}`, () =>
        undone(
          from === null ? take(label, to, false) : put(label, to, from),
          from === null ? `${label} is gone again.` : `${label} is v${from} again.`,
        ),
      );
    },
    remove: async (label: string, from: number, force: boolean) => {
      await take(label, from, force);
      tellWithUndo(`${label} is gone.`, () => undone(put(label, null, from), `${label} is v${from} again.`));
    },
  };
}
