import { useNow } from "./clock";
import { ago, moment } from "./format";

/** When something was, relative to now; the moment itself on hover. */
export function Ago({ time }: { time: string }) {
  // A server whose clock is ahead tells of nothing that is still to come.
  const now = Math.max(useNow(), Date.parse(time));
  return <Relative time={time} text={ago(time, now)} />;
}

/** When something will be, or was, should it be over by now. */
export function Until({ time }: { time: string }) {
  return <Relative time={time} text={ago(time, useNow())} />;
}

function Relative({ time, text }: { time: string; text: string }) {
  return (
    <time dateTime={time} title={moment(time)} style={{ whiteSpace: "nowrap" }}>
      {text}
    </time>
  );
}
