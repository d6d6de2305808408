import { useState, type KeyboardEvent, type PointerEvent } from "react";
import type { CallHistogram } from "../api/types";
import { count, moment, plural, stretch } from "../ui/format";
import { barAt, moved, ordered, timeOf, type Brush, type Time } from "./brush";
import { totals } from "./rules";
import { WORDS } from "./words";
import styles from "./CallsPage.module.css";

interface Props {
  histogram: CallHistogram;
  /** What the bars come to, in words. */
  said: string;
  onChoose: (time: Time) => void;
}

/** What is being chosen. The bars stay as they were when that began, whatever comes in between. */
interface Choice {
  histogram: CallHistogram;
  brush: Brush;
  dragging: boolean;
}

const ENDS = ["from", "to"] as const;

/** Calls over the time. Bars are dragged over, or taken by the keys of two handles, to look at their time alone. */
export function Histogram({ histogram: now, said, onChoose }: Props) {
  const [choice, setChoice] = useState<Choice | null>(null);
  const histogram = choice?.histogram ?? now;
  const bars = histogram.buckets.length;
  const brush = ordered(choice?.brush ?? { from: 0, to: bars - 1 });
  const time = choice ? timeOf(histogram, brush) : null;
  const { most } = totals(histogram);
  const part = (of: number): string => `${(of / bars) * 100}%`;

  const choose = (brush: Brush) => {
    setChoice(null);
    const time = timeOf(histogram, brush);
    if (time) onChoose(time);
  };
  const under = ({ currentTarget, clientX }: PointerEvent<HTMLElement>): number => {
    const { left, width } = currentTarget.getBoundingClientRect();
    return barAt(clientX - left, width, bars);
  };
  const begin = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const bar = under(event);
    setChoice({ histogram, brush: { from: bar, to: bar }, dragging: true });
  };
  const drag = (event: PointerEvent<HTMLElement>) => {
    if (choice?.dragging) setChoice({ ...choice, brush: { ...choice.brush, to: under(event) } });
  };
  const drop = (event: PointerEvent<HTMLElement>) => {
    if (choice?.dragging) choose({ ...choice.brush, to: under(event) });
  };
  const press = (event: KeyboardEvent, end: keyof Brush) => {
    const next = moved(brush, end, event.key, bars);
    if (next) setChoice({ histogram, brush: next, dragging: false });
    else if (choice && event.key === "Enter") choose(brush);
    else if (choice && event.key === "Escape") setChoice(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <>
      <div
        role="group"
        aria-label={WORDS.brush.bars}
        className={styles.chart}
        onPointerDown={begin}
        onPointerMove={drag}
        onPointerUp={drop}
        onPointerCancel={() => setChoice(null)}
      >
        {choice ? (
          <div
            className={styles.chosen}
            style={{ left: part(brush.from), width: part(brush.to - brush.from + 1) }}
          />
        ) : null}
        <div className={styles.bars} role="img" aria-label={WORDS.bars(said)}>
          {histogram.buckets.map(({ at, count: calls, errors }) => (
            <span
              key={at}
              title={`${moment(at)}: ${plural(calls, "call")}, ${count(errors)} failed`}
              style={{ height: `${Math.ceil((calls / most) * 100)}%` }}
            >
              <span style={{ height: calls === 0 ? 0 : `${(errors / calls) * 100}%` }} />
            </span>
          ))}
        </div>
        {ENDS.map((end) => (
          <span
            key={end}
            role="slider"
            tabIndex={0}
            className={styles.handle}
            style={{ left: part(end === "from" ? brush.from : brush.to + 1) }}
            aria-label={WORDS.brush[end]}
            aria-valuemin={0}
            aria-valuemax={bars - 1}
            aria-valuenow={brush[end]}
            aria-valuetext={endOf(histogram, brush, end)}
            onKeyDown={(event) => press(event, end)}
            onBlur={({ currentTarget, relatedTarget }) => {
              // To the other handle; or away, if only since a drag has begun.
              if (currentTarget.parentElement?.contains(relatedTarget)) return;
              setChoice((was) => (was?.dragging ? was : null));
            }}
          />
        ))}
      </div>
      <p className="quiet small">
        {time ? stretch(time.since, time.until) : WORDS.brush.how}
        {time && choice?.dragging === false ? WORDS.brush.enter : null}
      </p>
    </>
  );
}

function endOf(histogram: CallHistogram, brush: Brush, end: keyof Brush): string {
  const time = timeOf(histogram, brush);
  return time ? moment(end === "from" ? time.since : time.until) : "";
}
