/** A stream of server-sent events, for as long as somebody looks. */
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { inOrganization } from "../api/session";
import { events, type ServerEvent } from "../api/sse";

export type Stream = "connecting" | "live" | "reconnecting";

/** Between a stream that broke off and the next, in ms. */
const AGAIN = 1_000;

interface Listener {
  /** The place behind which it begins. `EventSource` begins at the beginning. */
  after: string | null;
  /** Handles one event; `true` ends the stream. */
  onEvent: (event: ServerEvent) => boolean;
}

/**
 * Listens while `url` is there and the tab is seen: over HTTP/1.1, six open streams of any tabs would hang
 * the next request. After a pause it goes on behind the last event.
 */
export function useEvents(url: string | null, { after, onEvent }: Listener): Stream {
  const [state, setState] = useState<Stream>("connecting");
  const handle = useEffectEvent(onEvent);
  const beginning = useEffectEvent(() => after);
  const last = useRef<string | null>(null);
  const visible = useVisible();

  useEffect(() => {
    if (url === null || !visible) return;
    const end = new AbortController();
    const listen = async () => {
      const place = last.current ?? beginning();
      const response = await fetch(inOrganization(url), {
        headers: { accept: "text/event-stream", ...(place === null ? {} : { "last-event-id": place }) },
        cache: "no-store",
        signal: end.signal,
      });
      if (!response.ok || response.body === null) return;
      setState("live");
      for await (const event of events(response.body)) {
        if (event.id !== undefined) last.current = event.id;
        if (handle(event)) end.abort();
      }
    };
    let timer: ReturnType<typeof setTimeout>;
    const goOn = async () => {
      await listen().catch(() => undefined);
      if (end.signal.aborted) return;
      setState("reconnecting");
      timer = setTimeout(() => void goOn(), AGAIN);
    };
    void goOn();
    return () => {
      clearTimeout(timer);
      end.abort();
    };
  }, [url, visible]);

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
