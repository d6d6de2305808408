import { Button } from "@mantine/core";
import { IconArrowDown } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import type { LogLine } from "../api/types";
import { count, span } from "../ui/format";
import { plain, since } from "./log";
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

/** In pixels from the end: nearer than this is at the end. */
const NEAR_END = 24;

/** As many lines as are seen, of as many as there are. Stays at the end until somebody scrolls up. */
export function LogLines({ lines, found, at, here, follows, onLine, empty }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(at === undefined);
  const [seen, setSeen] = useState(0);
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 22,
    overscan: 20,
    getItemKey: (index) => lines[index]?.seq ?? index,
  });

  useEffect(() => {
    if (atEnd && follows && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: "end" });
  }, [atEnd, follows, lines.length, virtual]);

  const there = at !== undefined && at < lines.length;
  useEffect(() => {
    if (there) virtual.scrollToIndex(at, { align: "center" });
  }, [there, at, virtual]);

  const marked = new Set(found);
  const unseen = lines.length - seen;
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      style={{ height: virtual.getTotalSize() + MARGIN }}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      role="log"
      aria-label="Log lines"
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        const end = scrollHeight - scrollTop - clientHeight < NEAR_END;
        if (end !== atEnd) setAtEnd(end);
        if (end || !atEnd) return;
        setSeen(lines.length);
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
            <div
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              data-found={marked.has(index)}
              data-here={line.seq === here}
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
              <span className={styles.time}>+{span(since(lines, line)).replace(" ", "")}</span>
              <span className={styles.stage}>{line.stage}</span>
              <span className={`${styles.text} ${line.level === "info" ? "" : styles[line.level]}`}>
                {plain(line.text)}
              </span>
            </div>
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
}
