// approvals.tsx - what waits for a second person: exactly what was asked, by whom, until when.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { t } from '../../i18n';
import { person } from '../../session';
import { Json } from '../../ui/difference';
import { action, listPage } from '../../ui/list-page';

type Approval = Item<'listApprovals'>;

/** Nobody consents to what he has asked for himself; the venue holds to it, too. */
const isMine = (approval: Approval) => approval.requested_by === person.value?.id;
const waits = (approval: Approval) => approval.status === 'pending' && !isMine(approval);
const path = (approval: Approval) => ({ approval_id: approval.id });

/** Of a dead letter the request has no more than its id, so there is a way to what it would have decided. */
function Asked({ approval }: { approval: Approval }) {
  return (
    <>
      {approval.entity_type === 'dead_letter' && (
        <p>
          <a href={`/admin/dead-letters?open=${approval.entity_id}`}>{t('approvals.letter')}</a>
        </p>
      )}
      <Json value={approval.request} />
    </>
  );
}

export default listPage({
  title: 'page.approvals',
  list: ops.listApprovals,
  initial: { status: 'pending' },
  name: (approval) => approval.action,
  columns: [
    'requested_at',
    'action',
    { name: 'requested_by_email', wide: true },
    'status',
    { name: 'expires_at', wide: true },
  ],
  actions: [
    action<Approval, 'approveRequest'>({
      operation: ops.approveRequest,
      label: 'approvals.approve',
      path,
      quick: true,
      when: waits,
      about: (approval) => <Asked approval={approval} />,
    }),
    action<Approval, 'rejectRequest'>({
      operation: ops.rejectRequest,
      label: 'approvals.reject',
      path,
      quick: true,
      danger: true,
      when: waits,
      about: (approval) => <Asked approval={approval} />,
    }),
  ],
  detail: (approval) => (
    <>
      {isMine(approval) && approval.status === 'pending' && <p class="notice">{t('approvals.mine')}</p>}
      <h3>{t('audit.request')}</h3>
      <Asked approval={approval} />
    </>
  ),
});
