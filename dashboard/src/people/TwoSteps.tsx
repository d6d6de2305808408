import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client";
import { Ago } from "../ui/Ago";
import { ListSection } from "../ui/ListSection";
import { QueryState } from "../ui/QueryState";
import { tell } from "../ui/toast";
import { BothSteps } from "./BothSteps";
import { Enrolling } from "./Enrolling";
import { people } from "./queries";
import { RecoveryCodes } from "./RecoveryCodes";
import { codesLeft, SECOND_STEP } from "./words";

type Asked = "set-up" | "renew" | "off" | null;

/** Whether one signs in in two steps, and how one begins and ends with it. */
export function TwoSteps() {
  const query = people.authenticator();
  const state = useQuery(query);
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const close = () => setAsked(null);
  const changed = () => client.invalidateQueries({ queryKey: query.queryKey });
  const show = async (codes: string[]) => {
    close();
    setCodes(codes);
    await changed();
  };
  return (
    <ListSection id="two-steps" title={SECOND_STEP.title} about={SECOND_STEP.about}>
      <QueryState query={state} failed={SECOND_STEP.failed}>
        {({ confirmed, recovery_codes }) =>
          confirmed ? (
            <div className="panel">
              <div className="inside spread">
                <span>
                  On, since <Ago time={confirmed} />. {codesLeft(recovery_codes)}
                </span>
                <span className="row">
                  <Button variant="default" onClick={() => setAsked("renew")}>
                    New recovery codes
                  </Button>
                  <Button variant="light" color="danger" onClick={() => setAsked("off")}>
                    Turn it off
                  </Button>
                </span>
              </div>
            </div>
          ) : (
            <Button variant="default" style={{ alignSelf: "flex-start" }} onClick={() => setAsked("set-up")}>
              Set it up
            </Button>
          )
        }
      </QueryState>
      <Enrolling opened={asked === "set-up"} onClose={close} onCodes={(codes) => void show(codes)} />
      <BothSteps
        opened={asked === "renew"}
        onClose={close}
        words={SECOND_STEP.renew}
        run={async (both) => {
          const { codes } = await unwrap(api.POST("/api/me/authenticator/recovery-codes", { body: both }));
          await show(codes);
        }}
      />
      <BothSteps
        opened={asked === "off"}
        onClose={close}
        words={SECOND_STEP.off}
        danger
        run={async (both) => {
          await unwrap(api.DELETE("/api/me/authenticator", { body: both }));
          tell(SECOND_STEP.off.done);
          await changed();
        }}
      />
      <RecoveryCodes codes={codes} onStored={() => setCodes(null)} />
    </ListSection>
  );
}
