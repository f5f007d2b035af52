// instrument.tsx - one instrument to trade: its prices, its book, the ticket, and what one has in it.
import { useEffect, useMemo, useState } from 'preact/hooks';
import * as ops from '../../api/generated/operations';
import { call, Problem } from '../../api/client';
import { t, word } from '../../i18n';
import { parseE8, showDecimal } from '../../money';
import { person } from '../../session';
import { Blotter, cancelAt } from '../../trade/blotter';
import { BookView } from '../../trade/book-view';
import { PriceChart } from '../../trade/chart';
import { type Market, useMarket } from '../../trade/market';
import { openOrders, useOwn } from '../../trade/own';
import { type Instrument, Ticket } from '../../trade/ticket';
import { TradesView } from '../../trade/trades-view';
import { Profit, Status } from '../../ui/format';
import { problemText } from '../../ui/toast';
import '../../styles/trade.css';

const REFRESH_MS = 15_000;

/** The instrument, and what is said of its day; again while one looks, for it may be halted. */
function useInstrument(symbol: string) {
  const [instrument, set] = useState<Instrument>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const control = new AbortController();
    const load = () =>
      call(ops.getMarketInstrument, { path: { symbol }, signal: control.signal })
        .then(set)
        .catch((error: unknown) => {
          if (control.signal.aborted) return;
          if (!(error instanceof Problem)) throw error;
          if (error.status === 404) setProblem(problemText(error));
        });
    void load();
    const timer = setInterval(() => void load(), REFRESH_MS);
    return () => {
      control.abort();
      clearInterval(timer);
    };
  }, [symbol]);
  return { instrument, problem };
}

function Head({ market, instrument }: { market: Market; instrument: Instrument }) {
  void market.drawn.value;
  const facts: [string, preact.ComponentChildren][] = [
    [word('field', 'last'), showDecimal(market.quote?.last ?? instrument.last)],
    [t('instrument.change'), <Profit value={instrument.change_24h_percent} />],
    [t('instrument.high'), showDecimal(instrument.high_24h)],
    [t('instrument.low'), showDecimal(instrument.low_24h)],
    [t('instrument.volume'), `${showDecimal(instrument.volume_24h)} ${instrument.base}`],
  ];
  return (
    <div class="instrument-head">
      <h1>{instrument.symbol}</h1>
      <Status value={instrument.status} />
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** At which prices one's own orders rest. */
function useOwnPrices(symbol: string) {
  const orders = openOrders.value;
  return useMemo(() => {
    const prices = { buy: new Set<bigint>(), sell: new Set<bigint>() };
    for (const order of orders)
      if (order.instrument === symbol && order.limit_price)
        prices[order.side].add(parseE8(order.limit_price)!);
    return prices;
  }, [orders, symbol]);
}

export default function InstrumentPage({ symbol }: { symbol: string }) {
  useOwn();
  const market = useMarket(symbol);
  const { instrument, problem } = useInstrument(symbol);
  const own = useOwnPrices(symbol);
  const [picked, pick] = useState({ price: '' });
  if (problem) return <p class="refusal">{problem}</p>;
  if (!instrument) return <p class="loading">{t('list.loading')}</p>;
  return (
    <>
      <Head market={market} instrument={instrument} />
      <div class="desk">
        <PriceChart market={market} />
        <BookView
          market={market}
          own={own}
          pick={(price) => pick({ price })}
          cancel={(side, price_e8) => cancelAt(symbol, side, price_e8)}
        />
        <Ticket market={market} instrument={instrument} picked={picked} />
        <TradesView market={market} />
        {person.value && <Blotter symbol={symbol} />}
      </div>
    </>
  );
}
