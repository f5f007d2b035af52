// news.tsx - what operators publish: articles.
import * as ops from '../../api/generated/operations';
import { listPage } from '../../ui/list-page';
import { publishing } from './publishing';

export default listPage({
  title: 'page.news',
  list: ops.listNews,
  name: ({ title }) => title,
  columns: [{ name: 'title' }, 'category', { name: 'symbols', wide: true }, 'published_at'],
  one: { operation: ops.getNews, path: (id) => ({ id }) },
  ...publishing({
    publish: ops.publishNews,
    change: ops.changeNews,
    withdraw: ops.withdrawNews,
    label: 'publish.article',
    fields: { body: { multiline: true } },
  }),
});
