// plot.tsx - a chart of days, the same as a table, and in a sentence.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type Key, t } from '../i18n';
import { parseE8, showDecimal, showPercent } from '../money';
import { isDark } from '../theme';
import type { Line } from './plot-draw';
import { type Column, Table } from './table';

export interface Series {
  name: string;
  title: Key;
  /** A colour of theme.css. */
  color: string;
  shape?: Line['shape'];
  /** Of one, shown in percent. */
  isShare?: boolean;
}

interface Day {
  date: string;
}

interface Props<Row extends Day> {
  title: string;
  days: Row[];
  series: Series[];
  /** What the table has beside the series. */
  columns?: Column<Row>[];
}

const valueOf = (day: Day, { name }: Series) =>
  String((day as unknown as Record<string, unknown>)[name] ?? '0');
const shown = (text: string, { isShare }: Series) => (isShare ? showPercent(text) : showDecimal(text));

const lineOf = <Row extends Day>(days: Row[], one: Series): Line => ({
  label: t(one.title),
  color: one.color,
  shape: one.shape ?? 'line',
  isShare: one.isShare ?? false,
  values: days.map((day) => Number(valueOf(day, one)) * (one.isShare ? 100 : 1)),
  textOf: (index) => (days[index] ? shown(valueOf(days[index], one), one) : ''),
});

/** Without the days before anything began, but for the last of them. */
function begun<Row extends Day>(days: Row[], series: Series[]): Row[] {
  const first = days.findIndex((day) => series.some((one) => parseE8(valueOf(day, one)) !== 0n));
  return days.slice(Math.max(first - 1, 0));
}

/** How it began and ended, and between what it went. */
function summaryOf<Row extends Day>(days: Row[], one: Series): string {
  const sorted = days
    .map((day) => valueOf(day, one))
    .sort((a, b) => ((parseE8(a) ?? 0n) < (parseE8(b) ?? 0n) ? -1 : 1));
  return t('plot.summary', {
    name: t(one.title),
    from: days[0]!.date,
    to: days.at(-1)!.date,
    first: shown(valueOf(days[0]!, one), one),
    last: shown(valueOf(days.at(-1)!, one), one),
    low: shown(sorted[0]!, one),
    high: shown(sorted.at(-1)!, one),
  });
}

function Drawing<Row extends Day>({ days, series, label }: { days: Row[]; series: Series[]; label: string }) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let end: (() => void) | undefined;
    let wanted = true;
    void import('./plot-draw').then(({ draw }) => {
      if (!wanted) return;
      const seconds = days.map((day) => Date.parse(day.date) / 1000);
      end = draw(frame.current!, { days: seconds, lines: series.map((one) => lineOf(days, one)) });
    });
    return () => {
      wanted = false;
      end?.();
    };
  }, [days, series, isDark.value]);
  return <div class="plot-drawing" ref={frame} role="img" aria-label={label} />;
}

export function Plot<Row extends Day>({ title, days: given, series, columns = [] }: Props<Row>) {
  const days = useMemo(() => begun(given, series), [given, series]);
  const [asTable, showTable] = useState(false);
  const all = useMemo(
    (): Column<Row>[] => [
      { name: 'date', kind: 'text' },
      ...series.map(({ name, title: heading, isShare }): Column<Row> => ({
        name,
        title: heading,
        kind: isShare ? 'share' : 'amount',
      })),
      ...columns,
    ],
    [series, columns],
  );
  const told = days.length ? series.map((one) => summaryOf(days, one)).join(' ') : t('plot.none');
  return (
    <section class="plot" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <button class="quiet" aria-pressed={asTable} onClick={() => showTable(!asTable)}>
          {t('chart.asTable')}
        </button>
      </header>
      {asTable ? (
        <div class="plot-table">
          <Table caption={title} columns={all} rows={[...days].reverse()} keyOf={(day) => day.date} />
        </div>
      ) : (
        days.length > 0 && <Drawing days={days} series={series} label={told} />
      )}
      <p class="hint">{told}</p>
    </section>
  );
}
