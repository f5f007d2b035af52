// notifications.tsx - what one was told: alerts, fills, money that came and went, answers of the help desk.
import * as ops from '../../api/generated/operations';
import { call } from '../../api/client';
import type { Item } from '../../api/types';
import { t, word } from '../../i18n';
import { showDecimal } from '../../money';
import { action, listPage } from '../../ui/list-page';
import { toastProblem } from '../../ui/toast';

type Notification = Item<'listNotifications'>;

const amountOf = (value: string | null) => (value === null ? '' : showDecimal(value));

export const notificationText = (told: Notification): string =>
  t(`notification.${told.kind}`, {
    instrument: told.instrument ?? '',
    price: amountOf(told.price),
    quantity: amountOf(told.quantity),
    amount: `${amountOf(told.amount)} ${told.asset ?? ''}`,
    state: told.state ? word('value', told.state).toLowerCase() : '',
  });

export default listPage({
  title: 'page.notifications',
  list: ops.listNotifications,
  name: notificationText,
  every_s: 15,
  columns: [
    {
      name: 'kind',
      title: 'notifications.what',
      render: (told) =>
        told.unread ? <strong>{notificationText(told)}</strong> : <span>{notificationText(told)}</span>,
    },
    { name: 'unread', wide: true },
    { name: 'email', kind: 'status', wide: true },
    'created_at',
  ],
  head: (_, reload) => (
    <button class="quiet" onClick={() => void call(ops.readAllNotifications).then(reload, toastProblem)}>
      {t('notifications.readAll')}
    </button>
  ),
  actions: [
    action<Notification, 'readNotification'>({
      operation: ops.readNotification,
      label: 'notifications.read',
      path: ({ id }) => ({ notification_id: id }),
      when: ({ unread }) => unread,
      quick: true,
      done: () => '',
    }),
  ],
});
