// alerts.tsx - what one waits for a price to do.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { t } from '../../i18n';
import { action, listPage } from '../../ui/list-page';
import { symbolChoices } from './instruments';

type Alert = Item<'listAlerts'>;

const path = (alert: Alert) => ({ id: alert.id });
const fields = {
  instrument: { choices: symbolChoices },
  price: { hint: 'alerts.price' as const },
  percent: { hint: 'alerts.percent' as const },
  window_s: { hint: 'alerts.window' as const },
};

export default listPage({
  title: 'page.alerts',
  list: ops.listAlerts,
  name: ({ instrument }) => instrument,
  every_s: 15,
  filters: { instrument: { choices: symbolChoices } },
  columns: [
    { name: 'instrument' },
    { name: 'condition', kind: 'word' },
    'price',
    { name: 'percent', kind: 'amount', wide: true },
    'status',
    { name: 'triggered_at', wide: true },
    { name: 'created_at', wide: true },
  ],
  create: action<undefined, 'createAlert'>({
    operation: ops.createAlert,
    label: 'alerts.create',
    fields,
    done: ({ instrument }) => t('alerts.created', { instrument }),
  }),
  one: { operation: ops.getAlert, path: (id) => ({ id }) },
  actions: [
    action<Alert, 'pauseAlert'>({
      operation: ops.pauseAlert,
      label: 'alerts.pause',
      path,
      quick: true,
      when: ({ status }) => status === 'active',
    }),
    action<Alert, 'resumeAlert'>({
      operation: ops.resumeAlert,
      label: 'alerts.resume',
      path,
      quick: true,
      when: ({ status }) => status === 'paused' || status === 'triggered',
    }),
    action<Alert, 'changeAlert'>({
      operation: ops.changeAlert,
      label: 'action.edit',
      path,
      fields,
      initial: (alert) => ({ ...alert }),
    }),
    action<Alert, 'deleteAlert'>({ operation: ops.deleteAlert, label: 'action.delete', path, danger: true }),
  ],
});
