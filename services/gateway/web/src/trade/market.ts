// market.ts - one instrument as the market stream tells of it: its book, its trades, its quote. What comes is taken in
// at once and drawn once a frame, so a hundred messages between two frames are one drawing.
import { signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import * as ops from '../api/generated/operations';
import { call, Problem } from '../api/client';
import type { Item } from '../api/types';
import { Book, type Change, type Snapshot } from '../book';
import { eachFrame, Stream } from '../live';
import type { Message } from '../sse';

export type MarketTrade = Item<'listMarketTrades'>;
export type Quote = Item<'listQuotes'>;

const TRADES_MAX = 200;

export class Market {
  readonly book = new Book();
  trades: MarketTrade[] = [];
  quote: Quote | undefined;
  /** Moves when there is something new to draw. */
  readonly drawn = signal(0);
  /** Moves when somebody has traded. */
  readonly traded = signal(0);
  readonly stream: Stream;
  private hasTraded = false;
  private readonly draw = eachFrame(() => {
    this.drawn.value++;
    if (this.hasTraded) this.traded.value++;
    this.hasTraded = false;
  });

  constructor(readonly symbol: string) {
    const address = `${ops.streamMarket.path}?symbols=${encodeURIComponent(symbol)}`;
    this.stream = new Stream(address, (message) => this.take(message));
    this.stream.state.subscribe((state) => {
      // What comes after a connection is a snapshot; until then nobody knows how the book is.
      if (state === 'connecting' || state === 'lost') this.book.void();
      this.draw();
    });
  }

  /** Whether what is shown is how it is. */
  get isCurrent(): boolean {
    return this.stream.state.value === 'live' && this.book.isSound;
  }

  async begin(): Promise<void> {
    this.stream.open();
    try {
      const { items } = await call(ops.listMarketTrades, {
        path: { symbol: this.symbol },
        query: { limit: 100 },
      });
      this.addTrades(items);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }

  private addTrades(trades: MarketTrade[]): void {
    const known = new Set(this.trades.map((trade) => trade.trade_id));
    this.trades = [...trades.filter((trade) => !known.has(trade.trade_id)), ...this.trades]
      .sort((a, b) => (a.executed_at < b.executed_at ? 1 : a.executed_at > b.executed_at ? -1 : 0))
      .slice(0, TRADES_MAX);
    this.draw();
  }

  private take({ event, data }: Message): void {
    const body: unknown = JSON.parse(data);
    if (event === 'snapshot' && !this.book.begin(body as Snapshot)) this.stream.again();
    if (event === 'book' && !this.book.change(body as Change)) this.stream.again();
    if (event === 'quote') this.quote = body as Quote;
    if (event === 'reset') this.book.void();
    if (event === 'trade') {
      this.hasTraded = true;
      this.addTrades([body as MarketTrade]);
    }
    this.draw();
  }
}

/** The market of a symbol, live for as long as the component is there. */
export function useMarket(symbol: string): Market {
  const market = useMemo(() => new Market(symbol), [symbol]);
  useEffect(() => {
    void market.begin();
    return () => market.stream.close();
  }, [market]);
  return market;
}

/** Quotes of all instruments, live. */
export class Quotes {
  readonly all = signal<Map<string, Quote>>(new Map());
  readonly stream: Stream;
  private readonly next = new Map<string, Quote>();
  private readonly draw = eachFrame(() => {
    this.all.value = new Map(this.next);
  });

  constructor() {
    this.stream = new Stream(`${ops.streamMarket.path}?channels=quotes`, ({ event, data }) => {
      if (event !== 'quote') return;
      const quote = JSON.parse(data) as Quote;
      this.next.set(quote.symbol, quote);
      this.draw();
    });
  }
}

export function useQuotes(): Quotes {
  const quotes = useMemo(() => new Quotes(), []);
  useEffect(() => {
    quotes.stream.open();
    return () => quotes.stream.close();
  }, [quotes]);
  return quotes;
}
