import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api } from "../api/client";
import { connection, useConnection } from "../api/connection";
import { inOrganization, onOtherChoice, session } from "../api/session";
import { useOrganization } from "../organization/useOrganization";
import { Cache } from "./apply";
import { live } from "./state";
import { open } from "./tab";
import type { Told } from "./told";

/** Between two looks at what is shown, in ms, while nothing is told. */
const LOOK = 15_000;

/** Keeps what is loaded as it is on the server, by what the server tells of changes. */
export function useFollow(): void {
  const { person, slug } = useOrganization();
  const isSignedOut = useConnection() === "signed-out";
  const client = useQueryClient();

  useEffect(() => {
    if (person === null || slug === null || isSignedOut) return;
    const cache = new Cache(client, () => !document.hidden);
    const hear = (told: Told): void => {
      switch (told.type) {
        case "ready":
          live.set("live");
          if (told.anew) cache.anew();
          break;
        case "change":
          cache.change(told.change, person);
          break;
        case "calls":
          cache.calls(told.calls);
          break;
        case "lost":
          live.set("lost");
          // Whether nothing else is answered, either.
          api.GET("/api/me").catch(() => undefined);
          break;
        case "refused":
          live.set("lost");
          // A session has ended, or an organization is left: what is asked next shows which.
          session.forget();
          void client.invalidateQueries();
      }
    };
    const line = open(hear);
    const follow = () => line.ask({ type: "follow", person, address: inOrganization("/api/events") });
    const leave = () => line.ask({ type: "leave" });
    const look = () => {
      if (!document.hidden) cache.seen();
    };
    // A page that the browser put aside was told nothing in between.
    const back = ({ persisted }: PageTransitionEvent) => {
      if (persisted) follow();
    };
    const timer = setInterval(() => {
      if (live.get() === "live" || document.hidden) return;
      void client.invalidateQueries();
      follow();
    }, LOOK);
    const undo = [
      connection.subscribe(() => {
        if (connection.get() === "live") line.ask({ type: "hurry" });
      }),
      // All requests are of the other one now: pages begin anew, as where it was chosen.
      onOtherChoice(() => window.location.assign("/")),
    ];
    live.set("connecting");
    follow();
    window.addEventListener("pagehide", leave);
    window.addEventListener("pageshow", back);
    document.addEventListener("visibilitychange", look);
    return () => {
      leave();
      cache.stop();
      clearInterval(timer);
      for (const end of undo) end();
      window.removeEventListener("pagehide", leave);
      window.removeEventListener("pageshow", back);
      document.removeEventListener("visibilitychange", look);
      live.set("off");
    };
  }, [person, slug, isSignedOut, client]);
}
