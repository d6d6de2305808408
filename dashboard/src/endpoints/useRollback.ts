import { useQueryClient } from "@tanstack/react-query";
import { api, write } from "../api/client";
import type { Endpoint } from "../api/types";
import { tell, tellTrouble, tellWithUndo } from "../ui/toast";

/** Moves an endpoint to a version that served; the toast takes it back. */
export function useRollback({ name }: Pick<Endpoint, "name">): (to: number | null) => Promise<void> {
  const client = useQueryClient();

  const move = async (to: number | null) => {
    const moved = await write((key) =>
      api.POST("/api/endpoints/{name}/rollback", {
        params: { path: { name }, header: { "idempotency-key": key } },
        body: { version: to },
      }),
    );
    await client.invalidateQueries({ queryKey: ["endpoints"] });
    return moved;
  };

  return async (to) => {
    const moved = await move(to);
    tellWithUndo(`Version ${moved.to} of ${name} serves.`, () => {
      move(moved.from).then(
        () => tell(`Version ${moved.from} serves again.`),
        (error: unknown) => tellTrouble("It could not be taken back", error),
      );
    });
  };
}
