import { ago, moment } from "./format";
import { useNow } from "./clock";

/** When something was, relative to now; the moment itself on hover. */
export function Ago({ time }: { time: string }) {
  const now = useNow();
  return (
    <time dateTime={time} title={moment(time)} style={{ whiteSpace: "nowrap" }}>
      {ago(time, Math.max(now, Date.parse(time)))}
    </time>
  );
}
