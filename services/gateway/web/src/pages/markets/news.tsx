// news.tsx - articles: what is being written about, and all of it by category, symbol and words.
import { useEffect, useState } from 'preact/hooks';
import * as ops from '../../api/generated/operations';
import { call } from '../../api/client';
import type { Answer, Item } from '../../api/types';
import { t, word } from '../../i18n';
import { setQuery } from '../../router';
import { listPage } from '../../ui/list-page';
import { symbolChoices } from './instruments';

type Headline = Item<'listNews'>;

let categories: [string, string][] = [];

function Trending() {
  const [rows, setRows] = useState<Headline[]>([]);
  useEffect(() => {
    const nothing = () => ({ items: [] });
    void call(ops.listNewsCategories)
      .catch(nothing)
      .then(({ items }) => (categories = items.map(({ category }) => [category, word('value', category)])));
    void call(ops.listTrendingNews, { query: { limit: 3 } })
      .catch(nothing)
      .then(({ items }) => setRows(items));
  }, []);
  if (rows.length === 0) return null;
  return (
    <section class="trending">
      <h2>{t('news.trending')}</h2>
      <ul>
        {rows.map(({ id, title, symbols }) => (
          <li key={id}>
            <button class="link" onClick={() => setQuery({ open: id }, false)}>
              {title}
            </button>{' '}
            <small>{symbols.join(', ')}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Article({ article }: { article: Answer<'getNews'> }) {
  return (
    <article class="article">
      {article.body.split(/\n{2,}/).map((paragraph, i) => (
        <p key={i}>{paragraph}</p>
      ))}
      {article.source_url && (
        <a href={article.source_url} rel="external noreferrer" target="_blank">
          {article.source ?? article.source_url}
        </a>
      )}
    </article>
  );
}

export default listPage({
  title: 'page.readNews',
  list: ops.listNews,
  name: ({ title }) => title,
  about: () => <Trending />,
  columns: [{ name: 'title' }, 'category', { name: 'symbols', wide: true }, 'published_at'],
  filters: { category: { choices: () => categories }, symbol: { choices: symbolChoices } },
  one: { operation: ops.getNews, path: (id) => ({ id }) },
  hidden: ['id', 'title', 'body', 'source', 'source_url', 'created_at', 'updated_at', 'version', 'ticket_id'],
  detail: (article) => <Article article={article as Answer<'getNews'>} />,
});
