// days.tsx - an account's days: what it was worth, what it earned, how it fell. Each day leads to what it came of.
import * as ops from '../api/generated/operations';
import { t } from '../i18n';
import type { Column } from '../ui/table';
import { One } from '../ui/one';
import { Plot, type Series } from '../ui/plot';

export interface Span {
  /** Days; nothing: the last 30. */
  query?: Record<string, string>;
  /** Reads anew when it moves. */
  version?: unknown;
}

const WORTH: Series[] = [{ name: 'value', title: 'days.value', color: '--accent', shape: 'area' }];
const GROWTH: Series[] = [{ name: 'return_since', title: 'days.growth', color: '--accent', isShare: true }];
const PROFIT: Series[] = [
  { name: 'realised_pnl', title: 'days.realised', color: '--buy', shape: 'bars' },
  { name: 'unrealised_pnl', title: 'days.unrealised', color: '--sell' },
];
const FALL: Series[] = [
  { name: 'exposure_share', title: 'days.exposure', color: '--accent', isShare: true },
  { name: 'drawdown', title: 'days.drawdown', color: '--sell', shape: 'area', isShare: true },
];

const DAY: Column<{ date: string }> = {
  name: 'links',
  kind: 'text',
  title: 'days.cause',
  render: ({ date }) => <a href={`/drill/pnl/${date}`}>{t('drill.open')}</a>,
};
const FLOWS = [{ name: 'flow' }, { name: 'pnl' }, { name: 'return' }, DAY];
const FEES = [{ name: 'fees' }, DAY];
const RETURNS = [{ name: 'value' }, { name: 'return' }, DAY];

export function Performance({ query = {}, version, growth }: Span & { growth?: boolean }) {
  return (
    <One operation={ops.getPerformance} query={query} version={version}>
      {({ days }) => (
        <>
          <Plot title={t('days.value')} days={days} series={WORTH} columns={FLOWS} />
          {growth && <Plot title={t('days.growth')} days={days} series={GROWTH} columns={FLOWS} />}
        </>
      )}
    </One>
  );
}

export function ProfitAndLoss({ query = {}, version }: Span) {
  return (
    <One operation={ops.getPnl} query={query} version={version}>
      {({ days }) => <Plot title={t('days.profit')} days={days} series={PROFIT} columns={FEES} />}
    </One>
  );
}

export function Falls({ query = {}, version }: Span) {
  return (
    <One operation={ops.getAccountRisk} query={query} version={version}>
      {({ days }) => <Plot title={t('days.risk')} days={days} series={FALL} columns={RETURNS} />}
    </One>
  );
}
