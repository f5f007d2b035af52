// earnings.tsx - when companies report; operators publish it here, too.
import * as ops from '../../api/generated/operations';
import { listPage } from '../../ui/list-page';
import { publishing } from '../admin/publishing';

export default listPage({
  title: 'page.earnings',
  list: ops.listEarnings,
  name: ({ company, fiscal_period }) => `${company}, ${fiscal_period}`,
  columns: [
    'scheduled_at',
    'company',
    'symbol',
    'fiscal_period',
    { name: 'eps_forecast', kind: 'amount', wide: true },
    { name: 'eps_actual', kind: 'amount', wide: true },
  ],
  hidden: ['id', 'created_at', 'updated_at', 'version', 'ticket_id'],
  ...publishing({
    publish: ops.publishEarnings,
    change: ops.changeEarnings,
    withdraw: ops.withdrawEarnings,
    label: 'publish.earnings',
  }),
});
