// book-view.tsx - the book as a ladder: asks above, bids below, best in the middle, with the depth behind each price.
import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import type { Level } from '../book';
import { t, word } from '../i18n';
import { printE8, showDecimal } from '../money';
import { Room } from '../ui/table';
import { useVirtual } from '../ui/virtual';
import type { Market } from './market';

const DEPTHS = [5, 10, 20, 50] as const;
const DEFAULT_DEPTH = 10;
const ROW_HEIGHT = 24;

interface Row extends Level {
  /** All that stands as well or better, and its share of the most shown, in percent. */
  depth_e8: bigint;
  share: number;
}

function withDepth(levels: Level[]): Row[] {
  let depth_e8 = 0n;
  return levels.map((level) => ({ ...level, depth_e8: (depth_e8 += level.quantity_e8), share: 0 }));
}

function sides(market: Market, depth: number): [Row[], Row[]] {
  const asks = withDepth(market.book.asks.levels.slice(0, depth));
  const bids = withDepth(market.book.bids.levels.slice(0, depth));
  const most = [asks.at(-1)?.depth_e8 ?? 0n, bids.at(-1)?.depth_e8 ?? 0n].reduce(
    (a, b) => (a > b ? a : b),
    1n,
  );
  for (const row of [...asks, ...bids]) row.share = Number((row.depth_e8 * 100n) / most);
  return [asks, bids];
}

interface LevelProps {
  row: Row;
  side: 'ask' | 'bid';
  /** One has an order there oneself, which the other button of the mouse cancels, or Delete. */
  own: boolean;
  pick: (price: string) => void;
  cancel: () => void;
}

function LevelRow({ row, side, own, pick, cancel }: LevelProps) {
  const label = t(side === 'ask' ? 'book.takeAsk' : 'book.takeBid', { price: showDecimal(row.price) });
  const cancelOwn = (event: Event) => {
    if (!own) return;
    event.preventDefault();
    cancel();
  };
  return (
    <tr
      class={side}
      style={{ '--share': `${row.share}%` }}
      onContextMenu={cancelOwn}
      onKeyDown={(event) => event.key === 'Delete' && cancelOwn(event)}
    >
      <td class="number price">
        <button class="link" aria-label={label} onClick={() => pick(row.price)}>
          {showDecimal(row.price)}
        </button>
        {own && (
          <span class="own" title={t('book.own')}>
            ●<span class="hidden"> {t('book.own')}</span>
          </span>
        )}
      </td>
      <td class="number">{showDecimal(row.quantity)}</td>
      <td class="number depth">{showDecimal(printE8(row.depth_e8))}</td>
    </tr>
  );
}

interface Props {
  market: Market;
  /** Prices at which one has orders oneself, by side. */
  own: { buy: Set<bigint>; sell: Set<bigint> };
  pick: (price: string) => void;
  /** Cancels one's own orders at a price. */
  cancel: (side: 'buy' | 'sell', price_e8: bigint) => void;
}

const OWN_SIDE = { ask: 'sell', bid: 'buy' } as const;

function Middle({ market }: { market: Market }) {
  const { quote } = market;
  return (
    <tr class="middle">
      <th colSpan={3} scope="rowgroup">
        <span class="last">{showDecimal(quote?.last ?? market.trades[0]?.price)}</span>
        <span class="spread">
          {t('book.spread')} {showDecimal(quote?.spread)}
        </span>
      </th>
    </tr>
  );
}

export function BookView({ market, own, pick, cancel }: Props) {
  void market.drawn.value;
  const [depth, setDepth] = useState<number>(DEFAULT_DEPTH);
  const all = Math.max(market.book.asks.levels.length, market.book.bids.levels.length);
  const [asks, bids] = sides(market, depth || all);
  const rows: { row: Row; side: 'ask' | 'bid' }[] = [
    ...asks.map((row) => ({ row, side: 'ask' as const })).reverse(),
    ...bids.map((row) => ({ row, side: 'bid' as const })),
  ];
  const { list, drawn, after } = useVirtual({
    count: rows.length,
    rowHeight: ROW_HEIGHT,
    enabled: depth === 0,
  });
  return (
    <section class={`book ${market.isCurrent ? '' : 'stale'}`} aria-labelledby="book-title">
      <header>
        <h2 id="book-title">{t('book.title')}</h2>
        <label>
          <span class="hidden">{t('book.depth')}</span>
          <select value={depth} onChange={(event) => setDepth(Number(event.currentTarget.value))}>
            {DEPTHS.map((one) => (
              <option key={one} value={one}>
                {t('book.levels', { count: one })}
              </option>
            ))}
            <option value={0}>{t('book.all')}</option>
          </select>
        </label>
      </header>
      {!market.isCurrent && <p class="stale-note">{t('book.stale')}</p>}
      <div class="book-frame" tabIndex={0} role="region" aria-label={t('book.title')}>
        <table aria-rowcount={rows.length + 2}>
          <caption class="hidden">{t('book.caption', { symbol: market.symbol })}</caption>
          <thead>
            <tr>
              <th scope="col" class="number">
                {word('field', 'price')}
              </th>
              <th scope="col" class="number">
                {word('field', 'quantity')}
              </th>
              <th scope="col" class="number">
                {t('book.total')}
              </th>
            </tr>
          </thead>
          <tbody ref={list}>
            {drawn.map(({ index, room }) => {
              const { row, side } = rows[index]!;
              return (
                <Fragment key={side + row.price}>
                  <Room height={room} />
                  {index === asks.length && <Middle market={market} />}
                  <LevelRow
                    row={row}
                    side={side}
                    own={own[OWN_SIDE[side]].has(row.price_e8)}
                    pick={pick}
                    cancel={() => cancel(OWN_SIDE[side], row.price_e8)}
                  />
                </Fragment>
              );
            })}
            {bids.length === 0 && <Middle market={market} />}
            <Room height={after} />
          </tbody>
        </table>
      </div>
    </section>
  );
}
