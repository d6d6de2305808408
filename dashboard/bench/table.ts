/** Figures and what they should reach, printed as the other benchmarks print theirs. */

interface Row {
  what: string;
  measured: string;
  reach: string;
  good: boolean;
}

export class Table {
  private readonly rows: Row[] = [];

  /** A figure that may be at most `reach`. */
  atMost(what: string, unit: string, measured: number, reach: number, digits = 1): void {
    const good = measured <= reach;
    this.rows.push({
      what,
      measured: `${measured.toFixed(digits)} ${unit}`,
      reach: `≤ ${reach} ${unit}`,
      good,
    });
  }

  /** A figure that must be at least `reach`. */
  atLeast(what: string, unit: string, measured: number, reach: number): void {
    const good = measured >= reach;
    this.rows.push({ what, measured: `${measured.toFixed(1)} ${unit}`, reach: `≥ ${reach} ${unit}`, good });
  }

  /** All rows; those that missed what they should reach say so. */
  text(): string {
    const width = Math.max(...this.rows.map(({ what }) => what.length));
    const line = (what: string, measured: string, reach: string, mark = "") =>
      `${what.padEnd(width)}  ${measured.padStart(12)}  ${reach.padStart(12)}${mark}`;
    return [
      line("what", "measured", "reach"),
      ...this.rows.map(({ what, measured, reach, good }) =>
        line(what, measured, reach, good ? "" : "  MISSED"),
      ),
    ].join("\n");
  }

  missed(): string[] {
    return this.rows.filter(({ good }) => !good).map(({ what }) => what);
  }
}

/** The middle of some figures. */
export const median = (figures: readonly number[]): number => quantile(figures, 0.5);

/** The figure that such a share of all does not exceed. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
