// plot-draw.ts - days as lines and bars, by uPlot: loaded where there is something to draw. What it draws with are pixels,
// so numbers here are for drawing alone; what is read below the cursor is the text of the amount itself.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { locale, t } from '../i18n';
import { colorOf } from '../theme';

export interface Line {
  label: string;
  values: number[];
  /** A colour of theme.css. */
  color: string;
  shape: 'line' | 'area' | 'bars';
  /** In percent. */
  isShare: boolean;
  /** The value of a day, exactly. */
  textOf: (index: number) => string;
}

export interface Drawing {
  /** Seconds since 1970 of each day. */
  days: number[];
  lines: Line[];
}

const HEIGHT = 220;
const DAY_S = 86_400;
const WHOLE_DAYS = [1, 2, 3, 7, 14, 30, 60, 90].map((days) => days * DAY_S);
const BAR_WIDTH = [0.6, 48] as const;

/** Where no day is pointed at, the last one's value is told. */
function seriesOf({ label, color, shape, textOf }: Line, last: number): uPlot.Series {
  const drawn = colorOf(color);
  return {
    label,
    stroke: drawn,
    width: shape === 'bars' ? 0 : 2,
    points: { show: shape !== 'bars', size: 5 },
    value: (_plot, _value, _series, index) => textOf(index ?? last),
    ...(shape !== 'line' && {
      fill: shape === 'bars' ? drawn : `color-mix(in srgb, ${drawn} 18%, transparent)`,
    }),
    ...(shape === 'bars' && { paths: uPlot.paths.bars!({ size: [...BAR_WIDTH] }) }),
  };
}

const dayOf = (format: Intl.DateTimeFormat, seconds: number) => format.format(new Date(seconds * 1000));

function axes(lines: Line[]): uPlot.Axis[] {
  const line = { stroke: colorOf('--line'), width: 1 };
  const look = { stroke: colorOf('--muted'), grid: line, ticks: line };
  const day = new Intl.DateTimeFormat(locale.value, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const amount = new Intl.NumberFormat(locale.value, { maximumFractionDigits: 8 });
  const unit = lines.every((one) => one.isShare) ? ' %' : '';
  return [
    { ...look, space: 64, incrs: WHOLE_DAYS, values: (_plot, days) => days.map((at) => dayOf(day, at)) },
    { ...look, size: 64, values: (_plot, values) => values.map((value) => amount.format(value) + unit) },
  ];
}

/** Draws into `frame`, as wide as it is; anew where that changes. Gives what ends it. */
export function draw(frame: HTMLElement, { days, lines }: Drawing): () => void {
  const last = days.length - 1;
  const whole = new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeZone: 'UTC' });
  const options: uPlot.Options = {
    width: frame.clientWidth,
    height: HEIGHT,
    padding: [null, 28, null, null],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: {
      x: { time: true },
      y: { range: { min: { pad: 0.1, soft: 0, mode: 2 }, max: { pad: 0.1, soft: 0, mode: 2 } } },
    },
    axes: axes(lines),
    cursor: { drag: { setScale: false } },
    legend: { live: true },
    series: [
      {
        label: t('field.date'),
        value: (_plot, _value, _series, index) => dayOf(whole, days[index ?? last]!),
      },
      ...lines.map((line) => seriesOf(line, last)),
    ],
  };
  const plot = new uPlot(options, [days, ...lines.map((line) => line.values)], frame);
  const watch = new ResizeObserver(() => plot.setSize({ width: frame.clientWidth, height: HEIGHT }));
  watch.observe(frame);
  return () => {
    watch.disconnect();
    plot.destroy();
  };
}
