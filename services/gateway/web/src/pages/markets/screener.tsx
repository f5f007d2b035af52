// screener.tsx - instruments found by what they are like. What is looked for is in the address, and can be kept as a screen.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import * as ops from '../../api/generated/operations';
import { call, Problem } from '../../api/client';
import type { Answer, Body, Item } from '../../api/types';
import { t, word } from '../../i18n';
import { query, setQuery } from '../../router';
import { action, Actions } from '../../ui/list-page';
import { ListSection } from '../../ui/list-section';
import { One } from '../../ui/one';
import { Table } from '../../ui/table';
import { problemText } from '../../ui/toast';
import { type Condition, conditionsOf, filtersOf, IS, printConditions, readConditions } from './conditions';

type Field = Item<'listScreenerFields'>;
type Screen = Item<'listScreens'>;
type Found = Answer<'runScreener'>['items'][number];
type Run = Body<'runScreener'>;

const SORTS = ops.runScreener.body.find(({ name }) => name === 'sort')!.choices as string[];
const conditions = () => readConditions(query.value.get('f') ?? '');
const look = (next: Condition[]) => setQuery({ f: printConditions(next) });

const sortText = (sort: string) =>
  `${sort.startsWith('-') ? '↓' : '↑'} ${word('field', sort.replace('-', ''))}`;

/** One more thing to look for. */
function Adder({ fields }: { fields: Field[] }) {
  const add = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const given = new FormData(form);
    const text = (name: string) => String(given.get(name) ?? '').trim();
    const condition = { field: text('field'), operator: text('operator'), value: text('value') };
    if (!condition.value) return;
    look([...conditions(), condition]);
    form.reset();
  };
  const chosen = useSignal(fields[0]!);
  const isWhether = chosen.value.type === 'boolean';
  return (
    <form class="filters" onSubmit={add}>
      <div class="field">
        <label for="field">{t('screener.field')}</label>
        <select
          id="field"
          name="field"
          onChange={({ currentTarget: { value } }) =>
            (chosen.value = fields.find(({ field }) => field === value)!)
          }
        >
          {fields.map(({ field }) => (
            <option key={field} value={field}>
              {word('field', field)}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="operator">{t('screener.operator')}</label>
        <select id="operator" name="operator">
          {(isWhether ? [IS] : chosen.value.operators).map((operator) => (
            <option key={operator} value={operator}>
              {word('value', operator)}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="value">{t('screener.value')}</label>
        {isWhether ? (
          <select id="value" name="value">
            <option value="true">{word('value', 'true')}</option>
            <option value="false">{word('value', 'false')}</option>
          </select>
        ) : (
          <input id="value" name="value" autoComplete="off" />
        )}
      </div>
      <button type="submit" class="in-line">
        {t('screener.add')}
      </button>
    </form>
  );
}

function Chosen() {
  const all = conditions();
  return (
    <ul class="chips">
      {all.map(({ field, operator, value }, i) => (
        <li key={`${field} ${operator}`}>
          {word('field', field)} {word('value', operator).toLowerCase()} {word('value', value)}
          <button
            class="icon"
            aria-label={t('screener.without', { field: word('field', field) })}
            onClick={() => look(all.filter((_, at) => at !== i))}
          >
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}

function Results() {
  const found = useSignal<{ rows: Found[]; cursor: string | null }>({ rows: [], cursor: null });
  const problem = useSignal('');
  const wanted = JSON.stringify({
    filters: filtersOf(conditions()),
    ...(query.value.get('sort') && { sort: query.value.get('sort') }),
  });
  const run = async (cursor: string | null) => {
    try {
      const body = { ...(JSON.parse(wanted) as Run), ...(cursor && { cursor }) };
      const { items, next_cursor } = await call(ops.runScreener, { body });
      found.value = { rows: cursor ? [...found.value.rows, ...items] : items, cursor: next_cursor };
      problem.value = '';
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.value = problemText(error);
    }
  };
  useEffect(() => void run(null), [wanted]);
  return (
    <>
      {problem.value && <p class="refusal">{problem.value}</p>}
      <Table
        caption={t('screener.found')}
        columns={[
          { name: 'symbol', render: ({ symbol }) => <a href={`/trade/${symbol}`}>{symbol}</a> },
          { name: 'price' },
          { name: 'change_percent' },
          { name: 'volume' },
          { name: 'volatility', kind: 'amount', wide: true },
          { name: 'spread_percent', wide: true },
          { name: 'sector', wide: true },
          { name: 'status', wide: true },
        ]}
        rows={found.value.rows}
        keyOf={({ symbol }) => symbol}
      />
      {found.value.cursor && (
        <button class="more" onClick={() => void run(found.value.cursor)}>
          {t('list.more')}
        </button>
      )}
    </>
  );
}

const keepScreen = action<undefined, 'createScreen'>({
  operation: ops.createScreen,
  label: 'screener.keep',
  when: () => conditions().length > 0,
  order: ['name'],
  initial: () => ({ filters: filtersOf(conditions()), sort: query.value.get('sort') ?? undefined }),
});

const forgetScreen = action<Screen, 'deleteScreen'>({
  operation: ops.deleteScreen,
  label: 'action.delete',
  path: ({ id }) => ({ id }),
  danger: true,
});

export default function Screener() {
  const version = useSignal(0);
  return (
    <>
      <div class="page-head">
        <h1>{t('page.screener')}</h1>
        <Actions row={undefined} actions={[keepScreen]} name="" changed={() => void version.value++} />
      </div>
      <One operation={ops.listScreenerFields}>{({ items }) => <Adder fields={items} />}</One>
      <Chosen />
      <div class="filters">
        <div class="field">
          <label for="sort">{t('screener.sort')}</label>
          <select
            id="sort"
            value={query.value.get('sort') ?? ''}
            onChange={(event) => setQuery({ sort: event.currentTarget.value })}
          >
            <option value="">–</option>
            {SORTS.map((sort) => (
              <option key={sort} value={sort}>
                {sortText(sort)}
              </option>
            ))}
          </select>
        </div>
      </div>
      <Results />
      <ListSection
        key={version.value}
        title="screener.kept"
        list={ops.listScreens}
        columns={[
          {
            name: 'name',
            render: (screen) => (
              <button
                class="link"
                onClick={() =>
                  setQuery({
                    f: printConditions(conditionsOf(screen.filters ?? {})),
                    sort: screen.sort ?? undefined,
                  })
                }
              >
                {screen.name}
              </button>
            ),
          },
          'updated_at',
        ]}
        actions={[forgetScreen]}
        name={({ name }) => name ?? ''}
      />
    </>
  );
}
