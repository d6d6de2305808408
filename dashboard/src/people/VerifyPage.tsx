import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { api, unwrap } from "../api/client";
import { Failure } from "../ui/Failure";
import { Page } from "../ui/Page";
import { tell } from "../ui/toast";

/**
 * What the letter of a new account leads to. It takes a click: programs that look at letters for their
 * addressee follow links, and the link is good once.
 */
export function VerifyPage() {
  const { token } = useSearch({ from: "/verify" });
  const navigate = useNavigate();
  const confirm = useMutation({
    mutationFn: () => unwrap(api.POST("/api/email-verifications/complete", { body: { token: token ?? "" } })),
    onSuccess: async () => {
      tell("The address is confirmed. Sign in with it.");
      await navigate({ to: "/", replace: true });
    },
  });
  return (
    <Page title="Your address">
      <div className="stack" style={{ maxWidth: 420 }}>
        <p>Confirm that the address which this letter came to is yours.</p>
        <Failure error={confirm.error} />
        <Button
          style={{ alignSelf: "flex-start" }}
          disabled={token === undefined}
          loading={confirm.isPending}
          onClick={() => confirm.mutate()}
        >
          It is mine
        </Button>
      </div>
    </Page>
  );
}
