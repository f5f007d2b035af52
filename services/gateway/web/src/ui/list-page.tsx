// list-page.tsx - a page that is data: a list of the API with its filters, what can be made, and what can be done with a
// row. Filters and the open row are in the address.
import type { ComponentChildren, FunctionComponent } from 'preact';
import type { Answer, Field, Item, Operation, OperationId, Path } from '../api/types';
import { type Key, t } from '../i18n';
import { query, setQuery } from '../router';
import { may } from '../session';
import { readTime } from '../time';
import { Dialog, openDialog, Panel } from './dialog';
import { type FieldOptions, Form, Input, type Values } from './form';
import { Facts, valueAt } from './format';
import { useEvery, useList } from './list';
import { One } from './one';
import { type Column, Table } from './table';
import { toast } from './toast';

/** Something that can be done: to a row, or without one to make another. */
export interface Action<Row, Id extends OperationId = OperationId> {
  operation: Operation<Id>;
  label: Key;
  path?: (row: Row) => Path<Id>;
  when?: (row: Row) => boolean;
  initial?: (row: Row) => Values;
  fields?: Record<string, FieldOptions>;
  /** Those that are asked, where it is not all of them. */
  order?: string[] | ((row: Row) => string[]);
  danger?: boolean;
  /** The one that most come for. */
  main?: boolean;
  /** Has a button in its row, too; the others are in the panel of the open row. */
  quick?: boolean;
  /** What is said above the form. */
  about?: (row: Row) => ComponentChildren;
  preview?: (values: Values, row: Row) => ComponentChildren;
  /** What is said once it is done. */
  done?: (answer: Answer<Id>) => string;
}

export interface ListPage<Id extends OperationId> {
  title: Key;
  list: Operation<Id>;
  /** Those that need no more than their name are that. */
  columns: (Column<Item<Id>> | string)[];
  /** The dotted name of what tells rows apart; `id`, where not said. */
  id?: string;
  filters?: Record<string, FieldOptions>;
  create?: Action<undefined>;
  actions?: Action<Item<Id>>[];
  /** What the panel of an open row shows behind its facts. */
  detail?: (row: Item<Id>, reload: () => Promise<void>) => ComponentChildren;
  /** Where the list has less than there is: what is loaded of an open row, or where it is not in the list. */
  one?: { operation: Operation<any>; path: (id: string) => object };
  /** Filters that hold until others are chosen. */
  initial?: Record<string, string>;
  name?: (row: Item<Id>) => string;
  /** Values that the panel of an open row leaves to `detail`. */
  hidden?: string[];
  /** Beside the button that makes something: of what the filters have chosen. */
  head?: (filters: Record<string, string>, reload: () => void) => ComponentChildren;
  /** Above the table. */
  about?: () => ComponentChildren;
  /** Read again so often, for what changes by what others do. */
  every_s?: number;
}

/** So that an action's operation decides what its path, values and answer are. */
export const action = <Row, Id extends OperationId>(given: Action<Row, Id>): Action<Row> =>
  given as unknown as Action<Row>;

const NOT_FILTERS = new Set(['limit', 'cursor', 'sort']);

export const filtersOf = <Id extends OperationId>(operation: Operation<Id>): Field[] =>
  operation.query.filter((field) => !NOT_FILTERS.has(field.name));

/** In the address, where a filter that holds from the start was taken away. */
const ALL = 'all';

function chosen(name: string, initial: Record<string, string>): string {
  const value = query.value.get(name) ?? initial[name] ?? '';
  return value === ALL ? '' : value;
}

interface FiltersProps {
  fields: Field[];
  options?: Record<string, FieldOptions>;
  initial?: Record<string, string>;
}

export function Filters({ fields, options = {}, initial = {} }: FiltersProps) {
  const shown = fields.filter((field) => !options[field.name]?.hidden);
  if (shown.length === 0) return null;
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      {shown.map((field) => (
        <Input
          key={field.name}
          leaf={{ name: field.name, field: { ...field, required: false } }}
          options={options[field.name] ?? {}}
          value={chosen(field.name, initial)}
          error={undefined}
          onChange={(value) => setQuery({ [field.name]: String(value) || (initial[field.name] && ALL) })}
        />
      ))}
    </form>
  );
}

/** The values of the filters as the API takes them. */
export function filterValues(fields: Field[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const field of fields) {
    const value = query.value.get(field.name);
    if (!value) continue;
    if (value === ALL) values[field.name] = '';
    else values[field.name] = field.kind === 'date-time' ? readTime(value) : value;
  }
  return values;
}

interface ActionDialogProps<Row> {
  action: Action<Row>;
  row: Row;
  title: string;
  onClose: () => void;
  onDone: () => void;
}

function ActionForm<Row>({ action: given, row, title, onDone }: Omit<ActionDialogProps<Row>, 'onClose'>) {
  const order = typeof given.order === 'function' ? given.order(row) : given.order;
  return (
    <>
      {given.about?.(row)}
      <Form
        operation={given.operation}
        {...(given.path && { path: given.path(row) })}
        {...(given.initial && { initial: given.initial(row) })}
        {...(given.fields && { fields: given.fields })}
        {...(order && { order })}
        {...(given.preview && { preview: (values: Values) => given.preview!(values, row) })}
        submit={t(given.label)}
        danger={given.danger ?? false}
        done={(answer) => {
          const said = answer && (given.done ? given.done(answer) : t('toast.done', { what: title }));
          if (said) toast('good', said);
          onDone();
        }}
      />
    </>
  );
}

/** What has a version is read as it is now, and changed as that. */
export function ActionDialog<Row>({ onClose, ...given }: ActionDialogProps<Row>) {
  const { operation, path } = given.action;
  return (
    <Dialog title={given.title} onClose={onClose}>
      {operation.of ? (
        <One operation={operation.of} path={path?.(given.row) as never}>
          {(now: object) => <ActionForm {...given} row={{ ...given.row, ...now }} />}
        </One>
      ) : (
        <ActionForm {...given} />
      )}
    </Dialog>
  );
}

function offer<Row>(given: Action<Row>, row: Row, name: string, changed: () => void): void {
  const title = name ? `${t(given.label)}: ${name}` : t(given.label);
  openDialog((close) => (
    <ActionDialog
      action={given}
      row={row}
      title={title}
      onClose={close}
      onDone={() => {
        close();
        changed();
      }}
    />
  ));
}

interface ActionsProps<Row> {
  row: Row;
  actions: Action<Row>[];
  name: string;
  changed: () => void;
}

/** Buttons for what the caller may do with a row; each opens its dialog. */
export function Actions<Row>({ row, actions, name, changed }: ActionsProps<Row>) {
  return (
    <>
      {actions
        .filter((one) => may(one.operation) && (one.when?.(row) ?? true))
        .map((one) => (
          <button
            key={one.label}
            class={one.danger ? 'danger quiet' : one.main ? 'primary' : 'quiet'}
            onClick={() => offer(one, row, name, changed)}
          >
            {t(one.label)}
          </button>
        ))}
    </>
  );
}

export function listPage<Id extends OperationId>(page: ListPage<Id>): FunctionComponent {
  type Row = Item<Id>;
  const keyOf = (row: Row) => String(valueAt(row, page.id ?? 'id'));
  const nameOf = (row: Row) => page.name?.(row) ?? keyOf(row);
  const fields = filtersOf(page.list);
  const columns = page.columns.map((column) => (typeof column === 'string' ? { name: column } : column));
  const quick = page.actions?.filter((one) => one.quick) ?? [];

  /** Facts of a row, what can be done with it, and what the page has to say of it. */
  const draw = (row: Row, reload: () => Promise<void>) => (
    <>
      {page.actions && (
        <p class="actions">
          <Actions row={row} actions={page.actions} name={nameOf(row)} changed={() => void reload()} />
        </p>
      )}
      <Facts of={row as object} without={page.hidden ?? []} />
      {page.detail?.(row, reload)}
    </>
  );

  function Opened({ id, row, reload }: { id: string; row: Row | undefined; reload: () => Promise<void> }) {
    const close = () => setQuery({ open: undefined });
    if (!row && !page.one) return null;
    return (
      <Panel title={row ? nameOf(row) : id} onClose={close}>
        {page.one ? (
          <One operation={page.one.operation} path={page.one.path(id) as never} version={row}>
            {(whole, anew) =>
              draw(whole as Row, async () => {
                anew();
                await reload();
              })
            }
          </One>
        ) : (
          draw(row!, reload)
        )}
      </Panel>
    );
  }

  return function Page() {
    const filters = { ...page.initial, ...filterValues(fields) };
    const list = useList(page.list, { query: filters });
    const opened = query.value.get('open') ?? undefined;
    const row = opened ? list.rows.find((one) => keyOf(one) === opened) : undefined;
    const reload = () => void list.reload();
    useEvery(page.every_s, list.firstAgain);
    // What is not read by itself is at least read again: who opens a row looks at what it is now.
    const open = (one: Row) => {
      setQuery({ open: keyOf(one) }, false);
      if (!page.one) void list.firstAgain();
    };
    const { create } = page;
    return (
      <div class={opened ? 'with-panel' : ''}>
        <div class="page-head">
          <h1>{t(page.title)}</h1>
          <span class="page-actions">
            {page.head?.(filters, reload)}
            {create && may(create.operation) && (
              <button class="primary" data-create onClick={() => offer(create, undefined, '', reload)}>
                {t(create.label)}
              </button>
            )}
          </span>
        </div>
        {page.about?.()}
        <Filters fields={fields} options={page.filters ?? {}} initial={page.initial ?? {}} />
        {list.problem && <p class="refusal">{list.problem}</p>}
        <div aria-busy={list.loading}>
          <Table<Row>
            caption={t(page.title)}
            columns={columns}
            rows={list.rows}
            keyOf={keyOf}
            opened={opened}
            open={open}
            actions={
              quick.length
                ? (one) => <Actions row={one} actions={quick} name={nameOf(one)} changed={reload} />
                : undefined
            }
            empty={list.loading ? t('list.loading') : t('list.empty')}
          />
        </div>
        {list.more && (
          <button class="more" disabled={list.loading} onClick={() => void list.next()}>
            {t('list.more')}
          </button>
        )}
        {opened && <Opened key={opened} id={opened} row={row} reload={list.reload} />}
      </div>
    );
  };
}
