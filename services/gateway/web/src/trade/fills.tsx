// fills.tsx - what one's orders traded.
import * as ops from '../api/generated/operations';
import type { Item } from '../api/types';
import { t } from '../i18n';
import { useList } from '../ui/list';
import { type Column, Table } from '../ui/table';
import { useFresh } from './own';

type Fill = Item<'listTrades'>;

/** Of who trades with himself both sides are his. */
export const fillKey = (fill: Fill) => fill.order_id + fill.trade_id;

export const FILL_COLUMNS: Column<Fill>[] = [
  { name: 'executed_at' },
  { name: 'instrument' },
  { name: 'side' },
  { name: 'quantity' },
  { name: 'price' },
  { name: 'fee', wide: true },
  { name: 'liquidity', kind: 'word', wide: true },
];

export function Fills({ symbol }: { symbol?: string }) {
  const list = useList(ops.listTrades, { query: symbol ? { instrument: symbol } : {} });
  useFresh(list.firstAgain);
  return (
    <>
      <Table
        caption={t('fills.title')}
        columns={FILL_COLUMNS}
        rows={list.rows}
        keyOf={fillKey}
        empty={list.loading ? t('list.loading') : t('fills.none')}
        actions={({ trade_id }) => (
          <a class="button quiet" href={`/drill/trades/${trade_id}`}>
            {t('drill.open')}
          </a>
        )}
      />
      {list.more && (
        <button class="more" onClick={() => void list.next()}>
          {t('list.more')}
        </button>
      )}
    </>
  );
}
