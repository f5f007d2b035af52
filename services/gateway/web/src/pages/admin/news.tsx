// news.tsx - what operators publish: articles.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { action, listPage } from '../../ui/list-page';

type Headline = Item<'listNews'>;

const path = (article: Headline) => ({ id: article.id });

export default listPage({
  title: 'page.news',
  list: ops.listNews,
  name: (article) => article.title,
  columns: [{ name: 'title' }, 'category', { name: 'symbols', wide: true }, 'published_at'],
  create: action({
    operation: ops.publishNews,
    label: 'publish.article',
    fields: { body: { multiline: true } },
  }),
  one: { operation: ops.getNews, path: (id) => ({ id }) },
  actions: [
    action<Headline, 'changeNews'>({
      operation: ops.changeNews,
      label: 'action.edit',
      path,
      initial: (article) => ({ ...article }),
      fields: { body: { multiline: true } },
    }),
    action<Headline, 'withdrawNews'>({
      operation: ops.withdrawNews,
      label: 'publish.withdraw',
      path,
      danger: true,
    }),
  ],
});
