// earnings.tsx - what operators publish: when companies report.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { action, listPage } from '../../ui/list-page';

type Report = Item<'listEarnings'>;

const path = (report: Report) => ({ id: report.id });

export default listPage({
  title: 'page.earnings',
  list: ops.listEarnings,
  name: (report) => report.company,
  columns: [{ name: 'company' }, 'symbol', 'fiscal_period', 'scheduled_at', 'eps_forecast', 'eps_actual'],
  create: action({ operation: ops.publishEarnings, label: 'publish.earnings' }),
  actions: [
    action<Report, 'changeEarnings'>({
      operation: ops.changeEarnings,
      label: 'action.edit',
      path,
      initial: (report) => ({ ...report }),
    }),
    action<Report, 'withdrawEarnings'>({
      operation: ops.withdrawEarnings,
      label: 'publish.withdraw',
      path,
      danger: true,
    }),
  ],
});
