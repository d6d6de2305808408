import { useQuery } from "@tanstack/react-query";
import type { CallFilter } from "../api/callFilter";
import { queries } from "../api/queries";
import { count, money, moment, plural } from "../ui/format";
import { isChosen } from "./filters";
import { Histogram } from "./Histogram";
import { totals } from "./rules";
import { useFilter } from "./useFilter";
import { WORDS } from "./words";
import styles from "./CallsPage.module.css";

/** How many calls there were over the time, how many failed, and what they cost. */
export function Figures({ filter }: { filter: CallFilter }) {
  const { set } = useFilter();
  const histogram = useQuery(queries.callHistogram(filter));
  const sums = useQuery(queries.callSums(filter));
  if (!histogram.data) return <div className={styles.figures} />;
  const { scanned_until } = histogram.data;
  const all = totals(histogram.data);
  const cost = sums.data?.items.reduce((sum, { cost_micro_usd }) => sum + cost_micro_usd, 0);
  const said = `${plural(all.count, "call")}, ${count(all.errors)} failed`;
  return (
    <figure className={`panel ${styles.figures}`}>
      <figcaption className="row small">
        <strong>{said}</strong>
        {cost === undefined ? null : <span className="quiet">{money(cost)}</span>}
        <span className="quiet">{whenOf(filter)}</span>
        {scanned_until ? <span className="quiet">{WORDS.countedBack(moment(scanned_until))}</span> : null}
      </figcaption>
      <Histogram
        histogram={histogram.data}
        said={said}
        onChoose={(time) => set({ ...time, within: undefined })}
      />
    </figure>
  );
}

function whenOf(filter: CallFilter): string {
  if (isChosen(filter)) return WORDS.chosen;
  return filter.within === undefined ? WORDS.day : WORDS.within[filter.within];
}
