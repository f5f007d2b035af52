// kyc.tsx - identity checks: who somebody says to be, with what documents, and what is decided of it.
import * as ops from '../../api/generated/operations';
import { addressOf } from '../../api/client';
import type { Answer, Item } from '../../api/types';
import { t, word } from '../../i18n';
import { action, listPage } from '../../ui/list-page';
import { Value } from '../../ui/format';

type Review = Item<'listKycReviews'>;
type Whole = Answer<'getKycReview'>;

const path = (review: Review) => ({ user_id: review.user_id });
const isDecided = (review: Review) => ['approved', 'rejected'].includes(review.status);

function Documents({ review }: { review: Whole }) {
  return (
    <>
      <h3>{t('kyc.documents')}</h3>
      <ul>
        {(review.documents ?? []).map((document) => (
          <li key={document.id}>
            <a
              download
              href={addressOf(ops.getKycDocumentContent, {
                path: { user_id: review.user_id, document_id: document.id },
              })}
            >
              {word('value', document.kind)}
            </a>{' '}
            <Value value={document.created_at} kind="time" />
          </li>
        ))}
      </ul>
    </>
  );
}

export default listPage({
  title: 'page.kyc',
  list: ops.listKycReviews,
  id: 'user_id',
  name: (review) => (review as Whole).name ?? (review as Whole).email ?? review.user_id.slice(0, 8),
  columns: [
    'submitted_at',
    'user_id',
    'status',
    'level',
    { name: 'account_status', wide: true },
    { name: 'updated_at', wide: true },
  ],
  one: { operation: ops.getKycReview, path: (id) => ({ user_id: id }) },
  actions: [
    action<Review, 'takeUpKyc'>({
      operation: ops.takeUpKyc,
      label: 'kyc.takeUp',
      path,
      when: ({ status }) => status === 'submitted',
    }),
    action<Review, 'approveKyc'>({
      operation: ops.approveKyc,
      label: 'kyc.approve',
      path,
      when: (review) => !isDecided(review),
    }),
    action<Review, 'requestKycInformation'>({
      operation: ops.requestKycInformation,
      label: 'kyc.ask',
      path,
      when: (review) => !isDecided(review),
    }),
    action<Review, 'rejectKyc'>({
      operation: ops.rejectKyc,
      label: 'kyc.reject',
      path,
      danger: true,
      when: (review) => !isDecided(review),
    }),
  ],
  detail: (review) => <Documents review={review as Whole} />,
});
