import { Button, TextInput } from "@mantine/core";
import { IconTerminal2 } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, write } from "../api/client";
import { useOrganization } from "../organization/useOrganization";
import { Until } from "../ui/Ago";
import { Empty } from "../ui/Empty";
import { Failure } from "../ui/Failure";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { people } from "./queries";

/** Where `promptpilot login` is let in. */
export function DevicePage() {
  const { code } = useSearch({ from: "/device" });
  return (
    <Page
      title="Command line"
      about="`promptpilot login` waits in a terminal until its code is approved here."
    >
      {code === undefined ? <Ask /> : <Waiting key={code} code={code} />}
    </Page>
  );
}

function Ask() {
  const [code, setCode] = useState("");
  const navigate = useNavigate();
  return (
    <form
      className="stack"
      style={{ maxWidth: 320 }}
      onSubmit={(event) => {
        event.preventDefault();
        void navigate({ to: "/device", search: { code: code.trim() } });
      }}
    >
      <TextInput
        label="Code"
        description="As the terminal shows it"
        autoComplete="off"
        required
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <Button type="submit" disabled={code.trim() === ""}>
        Go on
      </Button>
    </form>
  );
}

function Waiting({ code }: { code: string }) {
  const login = useQuery(people.login(code));
  const { name: organization } = useOrganization();
  const approve = useMutation({
    mutationFn: () =>
      write((key) =>
        api.POST("/api/logins/{code}/approve", {
          params: { path: { code }, header: { "idempotency-key": key } },
        }),
      ),
  });
  if (approve.isSuccess) {
    return (
      <Empty icon={IconTerminal2} title="The command line is let in">
        Go back to the terminal: it goes on by itself.
      </Empty>
    );
  }
  return (
    <QueryState query={login} failed="The code could not be looked up">
      {({ name, address, expires }) => (
        <div className="stack" style={{ maxWidth: 420 }}>
          <p>
            <strong>{name}</strong>
            {address ? ` at ${address}` : ""} asks to act for you in <strong>{organization}</strong>.
          </p>
          <p className="quiet small">
            Approve it only if you have just typed `promptpilot login` there and it shows <code>{code}</code>.
            The code ends <Until time={expires} />.
          </p>
          <Failure error={approve.error} />
          <Button loading={approve.isPending} onClick={() => approve.mutate()}>
            Approve
          </Button>
        </div>
      )}
    </QueryState>
  );
}
