// faq.tsx - what operators publish: questions that clients ask often.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { action, listPage } from '../../ui/list-page';

type Question = Item<'listFaq'>;

const path = (question: Question) => ({ id: question.id });

export default listPage({
  title: 'page.faq',
  list: ops.listFaq,
  name: (question) => question.question,
  columns: [{ name: 'question' }, 'category', 'position', { name: 'updated_at', wide: true }],
  create: action({ operation: ops.publishFaq, label: 'publish.faq' }),
  actions: [
    action<Question, 'changeFaq'>({
      operation: ops.changeFaq,
      label: 'action.edit',
      path,
      initial: (question) => ({ ...question }),
    }),
    action<Question, 'withdrawFaq'>({
      operation: ops.withdrawFaq,
      label: 'publish.withdraw',
      path,
      danger: true,
    }),
  ],
});
