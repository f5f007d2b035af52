// list-section.tsx - a list among others on a page: its rows, what can be done to each, and what can be made. Given another
// `key` it is read anew.
import type { ComponentChildren } from 'preact';
import type { Item, Operation, OperationId, Path } from '../api/types';
import { type Key, t } from '../i18n';
import { valueAt } from './format';
import { useList } from './list';
import { type Action, Actions } from './list-page';
import { type Column, Table } from './table';

interface Props<Id extends OperationId> {
  title: Key;
  list: Operation<Id>;
  path?: Path<Id>;
  columns: (Column<Item<Id>> | string)[];
  id?: string;
  create?: Action<undefined>[];
  actions?: Action<Item<Id>>[];
  name?: (row: Item<Id>) => string;
  /** Told after each change, where other parts of the page follow from it. */
  changed?: () => void;
  children?: ComponentChildren;
}

export function ListSection<Id extends OperationId>(props: Props<Id>) {
  const { title, list, path, columns, create, actions, name } = props;
  type Row = Item<Id>;
  const rows = useList(list, path ? { path } : {});
  const keyOf = (row: Row) => String(valueAt(row, props.id ?? 'id'));
  const changed = () => {
    void rows.reload();
    props.changed?.();
  };
  return (
    <section class="part">
      <div class="page-head">
        <h2>{t(title)}</h2>
        <span class="page-actions">
          {create && <Actions row={undefined} actions={create} name="" changed={changed} />}
        </span>
      </div>
      {props.children}
      {rows.problem && <p class="refusal">{rows.problem}</p>}
      <div aria-busy={rows.loading}>
        <Table<Row>
          caption={t(title)}
          columns={columns.map((column) => (typeof column === 'string' ? { name: column } : column))}
          rows={rows.rows}
          keyOf={keyOf}
          actions={
            actions
              ? (row) => <Actions row={row} actions={actions} name={name?.(row) ?? ''} changed={changed} />
              : undefined
          }
          empty={rows.loading ? t('list.loading') : t('list.empty')}
        />
      </div>
      {rows.more && (
        <button class="more" onClick={() => void rows.next()}>
          {t('list.more')}
        </button>
      )}
    </section>
  );
}
