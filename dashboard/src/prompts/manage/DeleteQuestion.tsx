import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "../../api/problem";
import { Confirm } from "../../ui/Confirm";
import { prompts } from "../queries";
import { servedBy, usersIn } from "../rules";
import { useManage } from "./useManage";
import { EndpointList } from "./Users";

/** Who uses the prompt, and whether it is to go all the same. */
export function DeleteQuestion({ name, onClose }: { name: string; onClose: () => void }) {
  const uses = useQuery(prompts.uses(name));
  // Who has begun to use it since the list was read.
  const [refused, setRefused] = useState<string[]>([]);
  const { remove } = useManage();
  const users = refused.length > 0 ? refused : servedBy(uses.data?.items ?? []);
  const used = users.length > 0;
  return (
    <Confirm
      opened
      onClose={onClose}
      title={`Delete ${name}?`}
      action={used ? "Delete it all the same" : "Delete it"}
      danger
      run={() =>
        remove(name, used).catch((error: unknown) => {
          if (error instanceof ApiError) setRefused(usersIn(error));
          throw error;
        })
      }
    >
      <div className="stack close">
        {used ? (
          <>
            <p>These endpoints use it. What is live keeps its text; their next deploy is refused.</p>
            <EndpointList names={users} />
          </>
        ) : (
          <p>{uses.isPending ? "Looking for endpoints that use it…" : "No endpoint uses it."}</p>
        )}
        <p className="quiet">
          It can be brought back from the list of deleted prompts, as long as its name is free.
        </p>
      </div>
    </Confirm>
  );
}
