// table.tsx - rows of the API in a native table. The keyboard moves through them (j, k, Enter; see keys.ts), many of
// them are drawn as they come into sight, and nothing moves the focus when rows change.
import type { ComponentChildren } from 'preact';
import { type Key, t, word } from '../i18n';
import { type Kind, kindOf, Value, valueAt } from './format';

export interface Column<Row> {
  /** The dotted name of the value: `balances.CEA.available`. */
  name: string;
  kind?: Kind;
  /** Its heading, where it is not the field's own name. */
  title?: Key;
  render?: (row: Row) => ComponentChildren;
  /** Left out where the screen is narrow. */
  wide?: boolean;
}

interface Props<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => string;
  /** Opens a row: by a click, or Enter. */
  open?: ((row: Row) => void) | undefined;
  opened?: string | undefined;
  actions?: ((row: Row) => ComponentChildren) | undefined;
  empty?: string;
}

const heading = <Row,>(column: Column<Row>) =>
  column.title ? t(column.title) : word('field', column.name.split('.').at(-1)!);
const shownAs = <Row,>(column: Column<Row>) => column.kind ?? kindOf(column.name);
const classOf = <Row,>(column: Column<Row>) =>
  [shownAs(column) === 'amount' && 'number', column.wide && 'wide'].filter(Boolean).join(' ');

export function Table<Row>({ caption, columns, rows, keyOf, open, opened, actions, empty }: Props<Row>) {
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={caption}>
      <table class={open ? 'opens' : ''}>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={classOf(column)}>
                {heading(column)}
              </th>
            ))}
            {actions && (
              <th scope="col" class="actions">
                <span class="hidden">{t('actions')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const key = keyOf(row);
            const isAction = (event: Event) =>
              (event.target as Element).closest('button, a, input, dialog') !== null;
            return (
              <tr
                key={key}
                data-key={key}
                tabIndex={open ? -1 : undefined}
                class={opened === key ? 'opened' : ''}
                onClick={(event) => open && !isAction(event) && open(row)}
                onKeyDown={(event) => open && event.key === 'Enter' && !isAction(event) && open(row)}
              >
                {columns.map((column, i) => {
                  const shown = column.render ? (
                    column.render(row)
                  ) : (
                    <Value value={valueAt(row, column.name)} kind={shownAs(column)} />
                  );
                  return i === 0 && open ? (
                    <th key={column.name} scope="row" class={classOf(column)}>
                      <button class="link" onClick={() => open(row)}>
                        {shown}
                      </button>
                    </th>
                  ) : (
                    <td key={column.name} class={classOf(column)}>
                      {shown}
                    </td>
                  );
                })}
                {actions && <td class="actions">{actions(row)}</td>}
              </tr>
            );
          })}
        </tbody>
      </table>
      {rows.length === 0 && <p class="empty">{empty ?? t('list.empty')}</p>}
    </div>
  );
}
