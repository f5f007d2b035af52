// dead-letters.tsx - commands that were set aside: what came, from whom, and having it decided anew.
import * as ops from '../../api/generated/operations';
import type { Answer, Item } from '../../api/types';
import { t } from '../../i18n';
import { Json } from '../../ui/difference';
import { action, listPage } from '../../ui/list-page';

type Letter = Item<'listDeadLetters'>;

export default listPage({
  title: 'page.deadLetters',
  list: ops.listDeadLetters,
  name: (letter) => letter.action ?? letter.source,
  columns: [
    'occurred_at',
    'kind',
    'service',
    'action',
    'status',
    { name: 'actor_email', wide: true },
    { name: 'source', wide: true },
  ],
  one: { operation: ops.getDeadLetter, path: (id) => ({ letter_id: id }) },
  hidden: ['raw'],
  about: () => <p>{t('deadLetters.about')}</p>,
  actions: [
    action<Letter, 'retryDeadLetter'>({
      operation: ops.retryDeadLetter,
      label: 'deadLetters.retry',
      path: (letter) => ({ letter_id: letter.id }),
      quick: true,
      when: (letter) => letter.status === 'waiting',
      about: (letter) => <Json value={letter.request} />,
    }),
  ],
  detail: (letter) => {
    const { raw } = letter as Answer<'getDeadLetter'>;
    return letter.kind === 'malformed' ? (
      <>
        <h3>{t('deadLetters.raw')}</h3>
        <Json value={raw ?? null} />
      </>
    ) : (
      <>
        <h3>{t('audit.request')}</h3>
        <Json value={letter.request} />
      </>
    );
  },
});
