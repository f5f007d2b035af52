// chart.tsx - prices of an instrument as candles (TradingView's Lightweight Charts, loaded when it is looked at), with
// the same as a table and in a sentence. What it draws with are pixels: numbers here are for drawing alone.
import type { CandlestickData, IChartApi, ISeriesApi, UTCTimestamp } from 'lightweight-charts';
import { useEffect, useRef, useState } from 'preact/hooks';
import * as ops from '../api/generated/operations';
import { call, Problem } from '../api/client';
import type { Item } from '../api/types';
import { t } from '../i18n';
import { showDecimal } from '../money';
import { colorOf, isDark } from '../theme';
import { showTime } from '../time';
import { useSoon } from '../ui/list';
import { Table } from '../ui/table';
import type { Market } from './market';

type Candle = Item<'listCandles'>;
const INTERVALS = ['1m', '5m', '15m', '1h', '4h', '1d'] as const;
type Interval = (typeof INTERVALS)[number];

const CANDLES = 300;
const RELOAD_MS = 2000;

const drawn = (candle: Candle): CandlestickData => ({
  time: (Date.parse(candle.start) / 1000) as UTCTimestamp,
  open: Number(candle.open),
  high: Number(candle.high),
  low: Number(candle.low),
  close: Number(candle.close),
});

function paint(chart: IChartApi, series: ISeriesApi<'Candlestick'>): void {
  const [up, down] = [colorOf('--buy'), colorOf('--sell')];
  chart.applyOptions({
    layout: {
      background: { color: colorOf('--surface') },
      textColor: colorOf('--muted'),
      attributionLogo: false,
    },
    grid: { vertLines: { color: colorOf('--line') }, horzLines: { color: colorOf('--line') } },
    rightPriceScale: { borderColor: colorOf('--line') },
    timeScale: { borderColor: colorOf('--line'), timeVisible: true },
  });
  series.applyOptions({
    upColor: up,
    downColor: down,
    wickUpColor: up,
    wickDownColor: down,
    borderVisible: false,
  });
}

/** The candles of an interval, oldest first: all at first, then the newest again whenever somebody has traded. */
function useCandles(market: Market, interval: Interval): Candle[] {
  const [candles, setCandles] = useState<Candle[]>([]);
  const traded = market.traded.value;
  const load = async (limit: number, signal: AbortSignal) => {
    try {
      const given = { path: { symbol: market.symbol }, query: { interval, limit }, signal };
      const { items } = await call(ops.listCandles, given);
      const newer = [...items].reverse();
      setCandles((before) =>
        limit === CANDLES
          ? newer
          : [...before.filter((one) => one.start < (newer[0]?.start ?? '')), ...newer],
      );
    } catch (error) {
      if (!signal.aborted && !(error instanceof Problem)) throw error;
    }
  };
  useEffect(() => {
    const control = new AbortController();
    setCandles([]);
    void load(CANDLES, control.signal);
    return () => control.abort();
  }, [market, interval]);
  useSoon(traded, () => load(2, new AbortController().signal), RELOAD_MS);
  return candles;
}

function Drawing({ candles, label }: { candles: Candle[]; label: string }) {
  const frame = useRef<HTMLDivElement>(null);
  const [made, make] = useState<{ chart: IChartApi; series: ISeriesApi<'Candlestick'> }>();
  const first = candles[0]?.start;
  useEffect(() => {
    let chart: IChartApi | undefined;
    let wanted = true;
    void import('lightweight-charts').then(({ createChart, CandlestickSeries }) => {
      if (!wanted) return;
      chart = createChart(frame.current!, { autoSize: true, layout: { attributionLogo: false } });
      make({ chart, series: chart.addSeries(CandlestickSeries) });
    });
    return () => {
      wanted = false;
      chart?.remove();
    };
  }, []);
  useEffect(() => {
    if (made) paint(made.chart, made.series);
  }, [made, isDark.value]);
  useEffect(() => made?.series.setData(candles.map(drawn)), [made, candles]);
  useEffect(() => made?.chart.timeScale().fitContent(), [made, first]);
  return <div class="drawing" ref={frame} role="img" aria-label={label} />;
}

const summary = (symbol: string, candles: Candle[]) => {
  const last = candles.at(-1);
  if (!last) return t('chart.none');
  const values = { symbol, from: showTime(candles[0]!.start), open: showDecimal(candles[0]!.open) };
  return t('chart.summary', { ...values, close: showDecimal(last.close), volume: showDecimal(last.volume) });
};

export function PriceChart({ market }: { market: Market }) {
  const [interval, setInterval] = useState<Interval>('5m');
  const [asTable, showTable] = useState(false);
  const candles = useCandles(market, interval);
  const told = summary(market.symbol, candles);
  return (
    <section class="chart" aria-labelledby="chart-title">
      <header>
        <h2 id="chart-title">{t('chart.title')}</h2>
        <div class="segments" role="group" aria-label={t('chart.interval')}>
          {INTERVALS.map((one) => (
            <button key={one} aria-pressed={one === interval} onClick={() => setInterval(one)}>
              {one}
            </button>
          ))}
        </div>
        <button class="quiet" aria-pressed={asTable} onClick={() => showTable(!asTable)}>
          {t('chart.asTable')}
        </button>
      </header>
      {asTable ? (
        <div class="chart-table">
          <Table<Candle>
            caption={t('chart.title')}
            columns={[
              { name: 'start', kind: 'time' },
              ...(['open', 'high', 'low', 'close', 'volume'] as const).map((name) => ({
                name,
                kind: 'amount' as const,
              })),
            ]}
            rows={[...candles].reverse()}
            keyOf={(candle) => candle.start}
          />
        </div>
      ) : (
        <Drawing candles={candles} label={told} />
      )}
      <footer>
        <p>{told}</p>
        <p>
          <a href="https://www.tradingview.com/" target="_blank" rel="noopener noreferrer">
            {t('chart.notice')}
          </a>
        </p>
      </footer>
    </section>
  );
}
