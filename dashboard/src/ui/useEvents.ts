/** A stream of server-sent events, for as long as somebody looks. */
import { useEffect, useEffectEvent, useState } from "react";
import { inOrganization } from "../api/session";

export type Stream = "connecting" | "live" | "reconnecting";

interface Listener {
  /** Handles one event; `true` ends the stream. */
  onEvent: (name: string, data: unknown, id: string) => boolean | undefined;
}

/**
 * Listens while `url` is there and the tab is seen: over HTTP/1.1, six open streams of any tabs would hang
 * the next request. After a pause it goes on behind the last event, as the browser itself does.
 */
export function useEvents(url: string | null, names: readonly string[], { onEvent }: Listener): Stream {
  const [state, setState] = useState<Stream>("connecting");
  const handle = useEffectEvent(onEvent);
  const visible = useVisible();
  const key = names.join();

  useEffect(() => {
    if (url === null || !visible) return;
    const source = new EventSource(inOrganization(url));
    source.onopen = () => setState("live");
    source.onerror = () => setState("reconnecting");
    for (const name of key.split(",")) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        if (handle(name, JSON.parse(event.data), event.lastEventId)) source.close();
      });
    }
    return () => source.close();
  }, [url, visible, key]);

  return state;
}

function useVisible(): boolean {
  const [visible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const look = () => setVisible(!document.hidden);
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return visible;
}
