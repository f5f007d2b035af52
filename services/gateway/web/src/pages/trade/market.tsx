// market.tsx - the cash market: anonymous offers of certificates, best first, and all instruments with their prices.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { t } from '../../i18n';
import { showDecimal } from '../../money';
import { useQuotes } from '../../trade/market';
import { Profit } from '../../ui/format';
import { useEvery, useList, useSoon } from '../../ui/list';
import { type Column, Table } from '../../ui/table';
import '../../styles/trade.css';

type Offer = Item<'listCashMarket'>;
type Listed = Item<'listMarketInstruments'>;

const RELOAD_MS = 1000;
/** For offers that are not the best, which no quote tells of. */
const EVERY_S = 5;

const OFFER_COLUMNS: Column<Offer>[] = [
  { name: 'asset' },
  { name: 'price', kind: 'amount' },
  { name: 'currency', wide: true },
  { name: 'quantity', kind: 'amount' },
  { name: 'age_seconds', title: 'offers.age', render: ({ age_seconds }) => age(age_seconds), wide: true },
];

function age(seconds: number): string {
  if (seconds < 60) return t('age.seconds', { count: seconds });
  if (seconds < 3600) return t('age.minutes', { count: Math.floor(seconds / 60) });
  return t('age.hours', { count: Math.floor(seconds / 3600) });
}

export default function MarketPage() {
  const quotes = useQuotes();
  const live = quotes.all.value;
  const offers = useList(ops.listCashMarket, { query: {} });
  const instruments = useList(ops.listMarketInstruments, { query: {} });
  useSoon(live, offers.firstAgain, RELOAD_MS);
  useEvery(EVERY_S, offers.firstAgain);
  const isLive = quotes.stream.state.value === 'live';
  const price = (name: 'bid' | 'ask' | 'last') => (row: Listed) => (
    <span class="amount">
      {showDecimal(live.get(row.symbol)?.[name] ?? (name === 'last' ? row.last : null))}
    </span>
  );
  const columns: Column<Listed>[] = [
    { name: 'symbol', render: ({ symbol }) => <a href={`/trade/${symbol}`}>{symbol}</a> },
    { name: 'status', kind: 'status' },
    { name: 'bid', kind: 'amount', render: price('bid') },
    { name: 'ask', kind: 'amount', render: price('ask') },
    { name: 'last', kind: 'amount', render: price('last') },
    {
      name: 'change_24h_percent',
      title: 'instrument.change',
      kind: 'amount',
      render: (row) => <Profit value={row.change_24h_percent} />,
      wide: true,
    },
    { name: 'volume_24h', title: 'instrument.volume', kind: 'amount', wide: true },
  ];
  return (
    <>
      <div class="page-head">
        <h1>{t('page.market')}</h1>
      </div>
      <div class={isLive ? '' : 'stale'}>
        <Table
          caption={t('instruments.title')}
          columns={columns}
          rows={instruments.rows}
          keyOf={(row) => row.symbol}
        />
        <h2 class="section">{t('offers.title')}</h2>
        <p class="hint">{t('offers.about')}</p>
        <Table
          caption={t('offers.title')}
          columns={OFFER_COLUMNS}
          rows={offers.rows}
          keyOf={(row) => String(offers.rows.indexOf(row))}
          empty={t('offers.none')}
          actions={({ instrument }) => (
            <a class="button quiet" href={`/trade/${instrument}`}>
              {t('offers.buy')}
            </a>
          )}
        />
        {offers.more && (
          <button class="more" onClick={() => void offers.next()}>
            {t('list.more')}
          </button>
        )}
      </div>
    </>
  );
}
