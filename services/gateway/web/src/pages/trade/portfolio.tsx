// portfolio.tsx - what one has: balances, positions with their profit, and selling them at once.
import * as ops from '../../api/generated/operations';
import { ProfitAndLoss } from '../../insight/days';
import { Tiles } from '../../insight/tiles';
import { t } from '../../i18n';
import { useMoved, useOwn } from '../../trade/own';
import { Positions } from '../../trade/positions';
import { One } from '../../ui/one';
import { Table } from '../../ui/table';
import '../../styles/insight.css';
import '../../styles/trade.css';

export default function Portfolio() {
  useOwn();
  const moved = useMoved();
  return (
    <>
      <div class="page-head">
        <h1>{t('page.portfolio')}</h1>
      </div>
      <One operation={ops.getPortfolio} version={moved}>
        {(portfolio) => (
          <>
            <Tiles of={portfolio} names={['value', 'currency']} />
            <h2 class="section">{t('accounts.balances')}</h2>
            <Table
              caption={t('accounts.balances')}
              columns={[{ name: 'asset' }, { name: 'available' }, { name: 'locked' }, { name: 'total' }]}
              rows={Object.entries(portfolio.balances).map(([asset, balance]) => ({ asset, ...balance }))}
              keyOf={({ asset }) => asset}
            />
          </>
        )}
      </One>
      <h2 class="section">{t('positions.title')}</h2>
      <Positions />
      <div class="plots">
        <ProfitAndLoss version={moved} />
      </div>
    </>
  );
}
