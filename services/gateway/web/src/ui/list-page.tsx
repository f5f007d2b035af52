// list-page.tsx - a page that is data: a list of the API with its filters, what can be made, and what can be done with a
// row. Filters and the open row are in the address.
import type { ComponentChildren, FunctionComponent } from 'preact';
import { useState } from 'preact/hooks';
import type { Answer, Field, Item, Operation, OperationId, Path } from '../api/types';
import { type Key, t } from '../i18n';
import { query, setQuery } from '../router';
import { may } from '../session';
import { Dialog } from './dialog';
import { type FieldOptions, Form, Input, type Values } from './form';
import { valueAt } from './format';
import { useEvery, useList } from './list';
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
  order?: string[];
  danger?: boolean;
  /** What is said above the form. */
  about?: (row: Row) => ComponentChildren;
  preview?: (values: Values, row: Row) => ComponentChildren;
  /** What is said once it is done. */
  done?: (answer: Answer<Id>) => string;
}

export interface ListPage<Id extends OperationId> {
  title: Key;
  list: Operation<Id>;
  columns: Column<Item<Id>>[];
  /** The dotted name of what tells rows apart; `id`, where not said. */
  id?: string;
  filters?: Record<string, FieldOptions>;
  create?: Action<undefined>;
  actions?: Action<Item<Id>>[];
  /** What the panel of an open row shows. */
  detail?: (row: Item<Id>, reload: () => Promise<void>) => ComponentChildren;
  name?: (row: Item<Id>) => string;
  /** Read again so often, for what changes by what others do. */
  every_s?: number;
}

/** So that an action's operation decides what its path, values and answer are. */
export const action = <Row, Id extends OperationId>(given: Action<Row, Id>): Action<Row> =>
  given as unknown as Action<Row>;

const NOT_FILTERS = new Set(['limit', 'cursor', 'sort']);

export const filtersOf = <Id extends OperationId>(operation: Operation<Id>): Field[] =>
  operation.query.filter((field) => !NOT_FILTERS.has(field.name));

export function Filters({
  fields,
  options = {},
}: {
  fields: Field[];
  options?: Record<string, FieldOptions>;
}) {
  const shown = fields.filter((field) => !options[field.name]?.hidden);
  if (shown.length === 0) return null;
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      {shown.map((field) => (
        <Input
          key={field.name}
          leaf={{ name: field.name, field: { ...field, required: false } }}
          options={options[field.name] ?? {}}
          value={query.value.get(field.name) ?? ''}
          error={undefined}
          onChange={(value) => setQuery({ [field.name]: String(value) })}
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
    values[field.name] = field.kind === 'date-time' ? new Date(value).toISOString() : value;
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

export function ActionDialog<Row>({ action: given, row, title, onClose, onDone }: ActionDialogProps<Row>) {
  return (
    <Dialog title={title} onClose={onClose}>
      {given.about?.(row)}
      <Form
        operation={given.operation}
        {...(given.path && { path: given.path(row) })}
        {...(given.initial && { initial: given.initial(row) })}
        {...(given.fields && { fields: given.fields })}
        {...(given.order && { order: given.order })}
        {...(given.preview && { preview: (values: Values) => given.preview!(values, row) })}
        submit={t(given.label)}
        danger={given.danger ?? false}
        done={(answer) => {
          if (answer) toast('good', given.done ? given.done(answer) : t('toast.done', { what: title }));
          onDone();
        }}
      />
    </Dialog>
  );
}

/** Buttons for what the caller may do with a row, and the dialog of the one that was taken. */
export function Actions<Row>({
  row,
  actions,
  name,
  changed,
}: {
  row: Row;
  actions: Action<Row>[];
  name: string;
  changed: () => void;
}) {
  const [taken, take] = useState<Action<Row>>();
  const title = (one: Action<Row>) => (name ? `${t(one.label)}: ${name}` : t(one.label));
  return (
    <>
      {actions
        .filter((one) => may(one.operation) && (one.when?.(row) ?? true))
        .map((one) => (
          <button key={one.label} class={one.danger ? 'danger quiet' : 'quiet'} onClick={() => take(one)}>
            {t(one.label)}
          </button>
        ))}
      {taken && (
        <ActionDialog
          action={taken}
          row={row}
          title={title(taken)}
          onClose={() => take(undefined)}
          onDone={() => {
            take(undefined);
            changed();
          }}
        />
      )}
    </>
  );
}

export function listPage<Id extends OperationId>(page: ListPage<Id>): FunctionComponent {
  type Row = Item<Id>;
  const keyOf = (row: Row) => String(valueAt(row, page.id ?? 'id'));
  const nameOf = (row: Row) => page.name?.(row) ?? keyOf(row);
  const fields = filtersOf(page.list);

  return function Page() {
    const list = useList(page.list, { query: filterValues(fields) });
    const [making, make] = useState(false);
    const opened = query.value.get('open') ?? undefined;
    const row = opened ? list.rows.find((one) => keyOf(one) === opened) : undefined;
    const reload = () => void list.reload();
    useEvery(page.every_s, list.firstAgain);
    return (
      <>
        <div class="page-head">
          <h1>{t(page.title)}</h1>
          {page.create && may(page.create.operation) && (
            <button class="primary" data-create onClick={() => make(true)}>
              {t(page.create.label)}
            </button>
          )}
        </div>
        <Filters fields={fields} options={page.filters ?? {}} />
        {list.problem && <p class="refusal">{list.problem}</p>}
        <div aria-busy={list.loading}>
          <Table<Row>
            caption={t(page.title)}
            columns={page.columns}
            rows={list.rows}
            keyOf={keyOf}
            opened={opened}
            open={page.detail && ((one) => setQuery({ open: keyOf(one) }, false))}
            actions={
              page.actions &&
              ((one) => <Actions row={one} actions={page.actions!} name={nameOf(one)} changed={reload} />)
            }
            empty={list.loading ? t('list.loading') : t('list.empty')}
          />
        </div>
        {list.more && (
          <button class="more" disabled={list.loading} onClick={() => void list.next()}>
            {t('list.more')}
          </button>
        )}
        {making && page.create && (
          <ActionDialog
            action={page.create}
            row={undefined}
            title={t(page.create.label)}
            onClose={() => make(false)}
            onDone={() => {
              make(false);
              reload();
            }}
          />
        )}
        {row && page.detail && (
          <Dialog side title={nameOf(row)} onClose={() => setQuery({ open: undefined })}>
            {page.detail(row, list.reload)}
          </Dialog>
        )}
      </>
    );
  };
}
