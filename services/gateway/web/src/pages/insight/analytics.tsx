// analytics.tsx - how one's account did between two days: worth, growth, profit and risk, each down to its day.
import * as ops from '../../api/generated/operations';
import { Falls, Performance, ProfitAndLoss } from '../../insight/days';
import { Tiles } from '../../insight/tiles';
import { t } from '../../i18n';
import { query } from '../../router';
import { Filters, filtersOf } from '../../ui/list-page';
import { One } from '../../ui/one';
import '../../styles/insight.css';
import { Allocation } from './overview';

const FIELDS = filtersOf(ops.getPerformance);

const chosen = () =>
  Object.fromEntries(
    FIELDS.flatMap(({ name }) => {
      const value = query.value.get(name);
      return value ? [[name, value]] : [];
    }),
  );

export default function Analytics() {
  const span = chosen();
  return (
    <>
      <div class="page-head">
        <h1>{t('page.analytics')}</h1>
      </div>
      <Filters fields={FIELDS} />
      <One operation={ops.getAccountRisk} query={span}>
        {(risk) => <Tiles of={risk} names={['volatility_daily', 'volatility_annual', 'max_drawdown.fall']} />}
      </One>
      <div class="plots">
        <Performance query={span} growth />
        <ProfitAndLoss query={span} />
        <Falls query={span} />
        <Allocation />
      </div>
    </>
  );
}
