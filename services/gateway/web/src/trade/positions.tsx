// positions.tsx - what is held of each instrument, what it cost and is worth, and selling it at once.
import * as ops from '../api/generated/operations';
import type { Item } from '../api/types';
import { t } from '../i18n';
import { parseE8 } from '../money';
import { useEvery, useList } from '../ui/list';
import { action, Actions } from '../ui/list-page';
import { type Column, Table } from '../ui/table';
import { Foresee } from './foresight';
import { useFresh } from './own';

export type Holding = Item<'listPositions'>;

/** Marks move by what others trade. */
const EVERY_S = 5;

export const HOLDING_COLUMNS: Column<Holding>[] = [
  {
    name: 'instrument',
    render: ({ instrument }) => <a href={`/trade/${instrument}`}>{instrument}</a>,
  },
  { name: 'quantity' },
  { name: 'average_cost', wide: true },
  { name: 'mark', wide: true },
  { name: 'market_value' },
  { name: 'unrealised_pnl' },
  { name: 'realised_pnl', wide: true },
];

const isHeld = ({ quantity }: Holding) => (parseE8(quantity) ?? 0n) > 0n;

const close = action<Holding, 'closePosition'>({
  operation: ops.closePosition,
  label: 'action.closePosition',
  path: ({ instrument }) => ({ instrument }),
  danger: true,
  about: ({ instrument }) => (
    <>
      <p>{t('positions.closeAsk', { instrument })}</p>
      <Foresee operation={ops.previewClose} given={{ path: { instrument } }} />
    </>
  ),
  when: isHeld,
});

const closeAll = action<undefined, 'closePositions'>({
  operation: ops.closePositions,
  label: 'positions.closeAll',
  danger: true,
  order: [],
  about: () => <p>{t('positions.closeAllAsk')}</p>,
});

export function Positions() {
  const list = useList(ops.listPositions, { query: {} });
  useFresh(list.reload);
  useEvery(EVERY_S, list.firstAgain);
  const changed = () => void list.reload();
  return (
    <>
      <Table
        caption={t('positions.title')}
        columns={HOLDING_COLUMNS}
        rows={list.rows}
        keyOf={(holding) => holding.instrument}
        empty={list.loading ? t('list.loading') : t('positions.none')}
        actions={(holding) => (
          <>
            <a class="button quiet" href={`/drill/positions/${holding.instrument}`}>
              {t('drill.history')}
            </a>
            <Actions row={holding} actions={[close]} name={holding.instrument} changed={changed} />
          </>
        )}
      />
      {list.rows.some(isHeld) && (
        <p class="under-table">
          <Actions row={undefined} actions={[closeAll]} name="" changed={changed} />
        </p>
      )}
    </>
  );
}
