import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, write } from "../../api/client";
import { tell, tellTrouble, tellWithUndo } from "../../ui/toast";

/** Words about a prompt that are no version of it. */
export interface About {
  description: string;
  tags: string[];
}

/** What is done with prompts as a whole. */
export function useManage() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const again = () => client.invalidateQueries({ queryKey: ["prompts"] });

  const bring = async (name: string) => {
    await write((key) =>
      api.POST("/api/prompts/{name}/restore", {
        params: { path: { name }, header: { "idempotency-key": key } },
      }),
    );
    await again();
  };

  return {
    /** Overwrites what was seen at `etag`, and nothing newer. */
    describe: async (name: string, about: About, etag: string) => {
      await write((key) =>
        api.PATCH("/api/prompts/{name}", {
          params: { path: { name }, header: { "if-match": etag, "idempotency-key": key } },
          body: about,
        }),
      );
      await again();
    },

    /** Goes to the list; the toast brings the prompt back. */
    remove: async (name: string, force: boolean) => {
      await write((key) =>
        api.DELETE("/api/prompts/{name}", {
          params: { path: { name }, query: { force }, header: { "idempotency-key": key } },
        }),
      );
      await navigate({ to: "/prompts" });
      client.removeQueries({ queryKey: ["prompts", "one", name] });
      void again();
      tellWithUndo(`${name} is deleted.`, () => {
        void bring(name).then(
          () => navigate({ to: "/prompts/$name", params: { name } }),
          (error: unknown) => tellTrouble(`${name} could not be brought back`, error),
        );
      });
    },

    restore: async (name: string) => {
      await bring(name);
      tell(`${name} is back, with all its versions and labels.`);
    },
  };
}
