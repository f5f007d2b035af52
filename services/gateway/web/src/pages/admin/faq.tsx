// faq.tsx - what operators publish: questions that clients ask often.
import * as ops from '../../api/generated/operations';
import { listPage } from '../../ui/list-page';
import { publishing } from './publishing';

export default listPage({
  title: 'page.faq',
  list: ops.listFaq,
  name: ({ question }) => question,
  columns: [{ name: 'question' }, 'category', 'position', { name: 'updated_at', wide: true }],
  ...publishing({
    publish: ops.publishFaq,
    change: ops.changeFaq,
    withdraw: ops.withdrawFaq,
    label: 'publish.faq',
  }),
});
