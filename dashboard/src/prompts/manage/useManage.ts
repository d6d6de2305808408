import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, write } from "../../api/client";
import { tell, tellTrouble, tellWithUndo } from "../../ui/toast";
import { changePrompt, type Seen } from "../change";
import { prompts } from "../queries";
import { lookAgain } from "./renamed";

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

  /** A page that shows it goes along by what is known of it then. */
  const rename = async (name: string, next: string, etag: string, force: boolean): Promise<Seen> => {
    const renamed = await changePrompt(name, { name: next }, etag, force);
    client.setQueriesData({ queryKey: prompts.one(name).queryKey }, renamed);
    lookAgain(client, name);
    return renamed;
  };

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
      await changePrompt(name, about, etag);
      await again();
    },

    /** Overwrites what was seen at `etag`; the toast takes it back. */
    rename: async (name: string, next: string, etag: string, force: boolean) => {
      const { etag: seen } = await rename(name, next, etag, force);
      tellWithUndo(`${name} is called ${next} now.`, () => {
        // Whoever said the name that it had says it still.
        void rename(next, name, seen, true).then(
          () => tell(`${name} is called so again.`),
          (error: unknown) => tellTrouble("It could not be taken back", error),
        );
      });
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
