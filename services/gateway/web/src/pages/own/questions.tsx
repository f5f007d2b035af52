// questions.tsx - questions with their answers, found by their words.
import * as ops from '../../api/generated/operations';
import { t } from '../../i18n';
import { useList } from '../../ui/list';
import { Filters, filtersOf, filterValues } from '../../ui/list-page';

const fields = filtersOf(ops.listFaq).filter(({ name }) => name === 'q');

export default function Questions() {
  const list = useList(ops.listFaq, { query: filterValues(fields) });
  return (
    <>
      <div class="page-head">
        <h1>{t('page.questions')}</h1>
      </div>
      <Filters fields={fields} />
      {list.problem && <p class="refusal">{list.problem}</p>}
      {list.rows.map(({ id, question, answer }) => (
        <details class="question" key={id}>
          <summary>{question}</summary>
          <p>{answer}</p>
        </details>
      ))}
      {list.rows.length === 0 && <p class="empty">{t(list.loading ? 'list.loading' : 'list.empty')}</p>}
      {list.more && (
        <button class="more" onClick={() => void list.next()}>
          {t('list.more')}
        </button>
      )}
    </>
  );
}
