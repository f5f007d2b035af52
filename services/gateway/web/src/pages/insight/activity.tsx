// activity.tsx - what one trades today: orders, fills, money that moved, and the prices that one watches.
import * as ops from '../../api/generated/operations';
import type { Answer } from '../../api/types';
import { ProfitAndLoss } from '../../insight/days';
import { Tiles } from '../../insight/tiles';
import { t } from '../../i18n';
import { CancelAll, OpenOrders } from '../../trade/blotter';
import { FILL_COLUMNS, fillKey } from '../../trade/fills';
import { useMoved, useOwn } from '../../trade/own';
import { One } from '../../ui/one';
import { type Column, Table } from '../../ui/table';
import '../../styles/insight.css';
import '../../styles/trade.css';

type Trading = Answer<'getTradingDashboard'>;

const TILES = [
  'today.orders',
  'open_orders.count',
  'today.fills',
  'today.bought',
  'today.sold',
  'today.fees',
];

const QUOTES: Column<Trading['quotes'][number]>[] = [
  { name: 'symbol', render: ({ symbol }) => <a href={`/trade/${symbol}`}>{symbol}</a> },
  { name: 'bid', kind: 'amount' },
  { name: 'ask', kind: 'amount' },
  { name: 'last' },
];

const Lists = ({ trading }: { trading: Trading }) => (
  <div class="halves">
    <section>
      <h2>{t('fills.latest')}</h2>
      <Table
        caption={t('fills.latest')}
        columns={FILL_COLUMNS}
        rows={trading.recent_trades}
        keyOf={fillKey}
        empty={t('fills.none')}
      />
    </section>
    <section>
      <h2>{t('quotes.watched')}</h2>
      <Table
        caption={t('quotes.watched')}
        columns={QUOTES}
        rows={trading.quotes}
        keyOf={({ symbol }) => symbol}
      />
    </section>
  </div>
);

export default function Activity() {
  useOwn();
  const moved = useMoved();
  return (
    <>
      <div class="page-head">
        <h1>{t('page.activity')}</h1>
        <CancelAll />
      </div>
      <One operation={ops.getTradingDashboard} version={moved}>
        {(trading) => (
          <>
            <Tiles of={trading} names={TILES} />
            <h2 class="section">{t('orders.open')}</h2>
            <OpenOrders />
            <div class="plots">
              <ProfitAndLoss version={moved} />
            </div>
            <Lists trading={trading} />
          </>
        )}
      </One>
    </>
  );
}
