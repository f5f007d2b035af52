// watchlists.tsx - instruments that one looks at, live.
import * as ops from '../../api/generated/operations';
import type { Answer, Item } from '../../api/types';
import { t } from '../../i18n';
import { useQuotes } from '../../trade/market';
import { action, Actions, listPage } from '../../ui/list-page';
import { Table } from '../../ui/table';
import { symbolChoices } from './instruments';

type Watchlist = Item<'listWatchlists'>;
type Whole = Answer<'getWatchlist'>;

const path = (list: Watchlist) => ({ id: list.id });

/** As they were when the list was read, and then as they change. */
function Watched({ list, reload }: { list: Whole; reload: () => void }) {
  const live = useQuotes().all.value;
  const remove = action<{ symbol: string }, 'removeWatchlistSymbol'>({
    operation: ops.removeWatchlistSymbol,
    label: 'action.remove',
    path: ({ symbol }) => ({ id: list.id, symbol }),
    danger: true,
    done: () => '',
  });
  return (
    <Table
      caption={t('watchlists.quotes')}
      columns={[
        { name: 'symbol', render: ({ symbol }) => <a href={`/trade/${symbol}`}>{symbol}</a> },
        { name: 'bid', kind: 'amount' },
        { name: 'ask', kind: 'amount' },
        { name: 'last', kind: 'amount' },
        { name: 'change_24h_percent' },
      ]}
      rows={list.quotes.map((quote) => ({ ...quote, ...live.get(quote.symbol) }))}
      keyOf={({ symbol }) => symbol}
      actions={(row) => <Actions row={row} actions={[remove]} name={row.symbol} changed={reload} />}
      empty={t('watchlists.none')}
    />
  );
}

export default listPage({
  title: 'page.watchlists',
  list: ops.listWatchlists,
  name: (list) => list.name ?? list.id,
  columns: [{ name: 'name' }, { name: 'symbols' }, { name: 'updated_at', wide: true }],
  create: action<undefined, 'createWatchlist'>({
    operation: ops.createWatchlist,
    label: 'watchlists.create',
    fields: { symbols: { hint: 'watchlists.symbols' } },
  }),
  one: { operation: ops.getWatchlist, path: (id) => ({ id }) },
  hidden: ['symbols', 'id'],
  actions: [
    action<Watchlist, 'addWatchlistSymbols'>({
      operation: ops.addWatchlistSymbols,
      label: 'watchlists.add',
      path,
      main: true,
      fields: { symbols: { label: 'field.instrument', choices: symbolChoices } },
      done: () => '',
    }),
    action<Watchlist, 'changeWatchlist'>({
      operation: ops.changeWatchlist,
      label: 'action.edit',
      path,
      initial: ({ name, symbols }) => ({ name, symbols: symbols.join('\n') }),
      fields: { symbols: { hint: 'watchlists.symbols' } },
    }),
    action<Watchlist, 'deleteWatchlist'>({
      operation: ops.deleteWatchlist,
      label: 'action.delete',
      path,
      danger: true,
    }),
  ],
  detail: (list, reload) => <Watched list={list as Whole} reload={() => void reload()} />,
});
