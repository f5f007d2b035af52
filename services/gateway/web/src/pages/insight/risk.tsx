// risk.tsx - what one stands to lose: exposure, what is locked, how it swung, and how much of one's limits is used.
import * as ops from '../../api/generated/operations';
import type { Answer } from '../../api/types';
import { Falls } from '../../insight/days';
import { Shares } from '../../insight/shares';
import { Tiles } from '../../insight/tiles';
import { t } from '../../i18n';
import { useMoved, useOwn } from '../../trade/own';
import { Facts } from '../../ui/format';
import { One } from '../../ui/one';
import { Table } from '../../ui/table';
import '../../styles/insight.css';

type Risk = Answer<'getRiskDashboard'>;

const TILES = [
  'value',
  'exposure',
  'exposure_share',
  'largest_share',
  'volatility_daily',
  'max_drawdown',
  'open_orders.buy_notional',
  'open_orders.sell_notional',
];

const Exposures = ({ risk }: { risk: Risk }) => (
  <Shares
    title={t('risk.exposures')}
    columns={[
      {
        name: 'instrument',
        render: ({ instrument }) => <a href={`/drill/instruments/${instrument}`}>{instrument}</a>,
      },
      { name: 'quantity' },
      { name: 'value' },
    ]}
    rows={risk.instruments}
    keyOf={({ instrument }) => instrument}
  />
);

const Locked = ({ risk }: { risk: Risk }) => (
  <section>
    <h2>{t('risk.locked')}</h2>
    <Table
      caption={t('risk.locked')}
      columns={[{ name: 'asset' }, { name: 'locked' }]}
      rows={Object.entries(risk.locked).map(([asset, locked]) => ({ asset, locked }))}
      keyOf={({ asset }) => asset}
    />
  </section>
);

const Limits = ({ version }: { version: unknown }) => (
  <section>
    <h2>{t('risk.limits')}</h2>
    <One operation={ops.getRiskUsage} version={version}>
      {({ limits, used }) => (
        <div class="card-wide">
          <Facts of={limits} />
          <h3>{t('risk.used')}</h3>
          <Facts of={{ open_orders: used.open_orders, ...used.daily_notional }} />
          <Facts of={used.concentration_percent} />
        </div>
      )}
    </One>
  </section>
);

export default function RiskPage() {
  useOwn();
  const moved = useMoved();
  return (
    <>
      <div class="page-head">
        <h1>{t('page.risk')}</h1>
      </div>
      <One operation={ops.getRiskDashboard} version={moved}>
        {(risk) => (
          <>
            <Tiles of={risk} names={TILES} />
            <div class="plots">
              <Falls version={moved} />
              <Exposures risk={risk} />
            </div>
            <div class="halves">
              <Locked risk={risk} />
              <Limits version={moved} />
            </div>
          </>
        )}
      </One>
    </>
  );
}
