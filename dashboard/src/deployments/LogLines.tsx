import { Button } from "@mantine/core";
import { IconArrowDown } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useLayoutEffect, useRef, useState, type CSSProperties, type Ref } from "react";
import type { LogLine } from "../api/types";
import { count, span } from "../ui/format";
import { has, isAtEnd, plain, since } from "./log";
import styles from "./Log.module.css";

interface Props {
  lines: readonly LogLine[];
  /** Those that were searched for, by index. */
  found: readonly number[];
  /** Where to scroll to, by index. */
  at: number | undefined;
  /** The line that the address names. */
  here: number | undefined;
  /** Whether more may come. */
  follows: boolean;
  onLine: (seq: number) => void;
  empty: string;
}

/** Room below the last line, in pixels. */
const MARGIN = 60;

/** As many lines as are seen, of as many as there are. Stays at the end until somebody scrolls up. */
export const LogLines = memo(function LogLines(props: Props) {
  const { lines, found, at, here, follows, onLine, empty } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(at === undefined);
  const top = useRef(0);
  const [seen, setSeen] = useState(0);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 22,
    overscan: 10,
  });

  useLayoutEffect(() => {
    if (atEnd && follows && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: "end" });
  }, [atEnd, follows, lines.length, virtual]);

  const there = at !== undefined && at < lines.length;
  useEffect(() => {
    if (there) virtual.scrollToIndex(at, { align: "center" });
  }, [there, at, virtual]);

  const unseen = lines.length - seen;
  const size: CSSProperties & Record<"--digits", number> = {
    height: virtual.getTotalSize() + MARGIN,
    "--digits": Math.max(3, lines.length.toString().length),
  };
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      style={size}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      role="log"
      aria-label="Log lines"
      onScroll={({ currentTarget }) => {
        const end = isAtEnd(atEnd, top.current, currentTarget);
        top.current = currentTarget.scrollTop;
        if (end !== atEnd) setAtEnd(end);
        if (!end && atEnd) setSeen(lines.length);
      }}
    >
      {lines.length === 0 ? (
        <p className="quiet" style={{ padding: 16 }}>
          {empty}
        </p>
      ) : null}
      <div style={{ position: "relative", height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => {
          const line = lines[index];
          if (!line) return null;
          return (
            <Row
              key={key}
              ref={virtual.measureElement}
              line={line}
              index={index}
              start={start}
              after={since(lines, line)}
              isFound={has(found, index)}
              isHere={line.seq === here}
              onLine={onLine}
            />
          );
        })}
      </div>
      {follows && !atEnd && unseen > 0 ? (
        <div className={styles.below}>
          <Button
            leftSection={<IconArrowDown size={14} aria-hidden />}
            onClick={() => virtual.scrollToIndex(lines.length - 1, { align: "end" })}
          >
            {count(unseen)} new
          </Button>
        </div>
      ) : null}
    </div>
  );
});

interface RowProps {
  ref: Ref<HTMLDivElement>;
  line: LogLine;
  index: number;
  /** Where it is, in pixels. */
  start: number;
  /** Since the log began, in ms. */
  after: number;
  isFound: boolean;
  isHere: boolean;
  onLine: (seq: number) => void;
}

/** A line; drawn once, however many come after it. */
const Row = memo(function Row({ ref, line, index, start, after, isFound, isHere, onLine }: RowProps) {
  return (
    <div
      ref={ref}
      data-index={index}
      data-found={isFound}
      data-here={isHere}
      className={styles.line}
      style={{ transform: `translateY(${start}px)` }}
    >
      <a
        className={styles.number}
        href={`?line=${line.seq}`}
        aria-label={`Line ${line.seq}`}
        onClick={(event) => {
          event.preventDefault();
          onLine(line.seq);
        }}
      >
        {line.seq}
      </a>
      <span className={styles.time}>+{span(after).replace(" ", "")}</span>
      <span className={styles.stage}>{line.stage}</span>
      <span className={`${styles.text} ${line.level === "info" ? "" : styles[line.level]}`}>
        {plain(line.text)}
      </span>
    </div>
  );
});
