// overview.tsx - one's account at a glance: worth, profit, what it is made of, and what happened last.
import * as ops from '../../api/generated/operations';
import type { Answer } from '../../api/types';
import { Performance } from '../../insight/days';
import { Shares } from '../../insight/shares';
import { Tiles } from '../../insight/tiles';
import { t } from '../../i18n';
import { FILL_COLUMNS, fillKey } from '../../trade/fills';
import { useMoved, useOwn } from '../../trade/own';
import { HOLDING_COLUMNS } from '../../trade/positions';
import { One } from '../../ui/one';
import { Table } from '../../ui/table';
import '../../styles/insight.css';

const TILES = [
  'value',
  'cash.available',
  'cash.locked',
  'assets_value',
  'unrealised_pnl',
  'realised_pnl',
  'today.pnl',
  'today.return',
];

const Latest = ({ overview }: { overview: Answer<'getOverview'> }) => (
  <div class="halves">
    <section>
      <h2>{t('positions.largest')}</h2>
      <Table
        caption={t('positions.largest')}
        columns={HOLDING_COLUMNS}
        rows={overview.positions}
        keyOf={({ instrument }) => instrument}
        empty={t('positions.none')}
      />
    </section>
    <section>
      <h2>{t('fills.latest')}</h2>
      <Table
        caption={t('fills.latest')}
        columns={FILL_COLUMNS}
        rows={overview.recent_trades}
        keyOf={fillKey}
        empty={t('fills.none')}
      />
    </section>
  </div>
);

export function Allocation({ version }: { version?: unknown }) {
  return (
    <One operation={ops.getAllocation} version={version}>
      {({ assets, sectors }) => (
        <div class="stack">
          <Shares
            title={t('allocation.assets')}
            columns={[
              { name: 'asset' },
              { name: 'quantity' },
              { name: 'price', wide: true },
              { name: 'value' },
            ]}
            rows={assets}
            keyOf={({ asset }) => asset}
          />
          <Shares
            title={t('allocation.sectors')}
            columns={[{ name: 'sector', kind: 'word' }, { name: 'value' }]}
            rows={sectors}
            keyOf={({ sector }) => sector}
          />
        </div>
      )}
    </One>
  );
}

export default function Overview() {
  useOwn();
  const moved = useMoved();
  return (
    <>
      <div class="page-head">
        <h1>{t('page.overview')}</h1>
      </div>
      <One operation={ops.getOverview} version={moved}>
        {(overview) => (
          <>
            <Tiles of={overview} names={TILES} />
            <div class="plots">
              <Performance version={moved} />
              <Allocation version={moved} />
            </div>
            <Latest overview={overview} />
          </>
        )}
      </One>
    </>
  );
}
