// table.tsx - rows of the API in a native table. The keyboard moves through them (j, k, Enter; see keys.ts), many of
// them are drawn as they come into sight, and nothing moves the focus when rows change.
import { type ComponentChildren, Fragment } from 'preact';
import { type Key, t, word } from '../i18n';
import { isNumber, type Kind, kindOf, Value, valueAt } from './format';
import { useVirtual } from './virtual';

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
  [isNumber(shownAs(column)) && 'number', column.wide && 'wide'].filter(Boolean).join(' ');

/** From so many rows on, only those in sight are drawn. */
const VIRTUAL_FROM = 100;
const ROW_HEIGHT = 34;

/** In place of rows that are not drawn. */
export const Room = ({ height }: { height: number }) =>
  height > 0 ? <tr class="room" aria-hidden="true" style={{ blockSize: `${height}px` }} /> : null;

const isControl = (event: Event) => (event.target as Element).closest('button, a, input, dialog') !== null;

interface RowProps<Row> extends Pick<Props<Row>, 'columns' | 'open' | 'actions'> {
  row: Row;
  isOpened: boolean;
  /** What the row's element says of itself. */
  element: Record<string, unknown>;
}

function OneRow<Row>({ row, columns, open, actions, isOpened, element }: RowProps<Row>) {
  return (
    <tr
      {...element}
      tabIndex={open ? -1 : undefined}
      class={isOpened ? 'opened' : ''}
      onClick={(event) => open && !isControl(event) && open(row)}
      onKeyDown={(event) => open && event.key === 'Enter' && !isControl(event) && open(row)}
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
}

function Head<Row>({ columns, actions }: Pick<Props<Row>, 'columns' | 'actions'>) {
  return (
    <thead>
      <tr aria-rowindex={1}>
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
  );
}

export function Table<Row>({ caption, columns, rows, keyOf, open, opened, actions, empty }: Props<Row>) {
  const { list, drawn, after, measure, onFocusIn, onFocusOut } = useVirtual({
    count: rows.length,
    rowHeight: ROW_HEIGHT,
    enabled: rows.length >= VIRTUAL_FROM,
    keyOf: (index) => keyOf(rows[index]!),
  });
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={caption}>
      <table class={open ? 'opens' : ''} aria-rowcount={rows.length + 1}>
        <caption class="hidden">{caption}</caption>
        <Head columns={columns} actions={actions} />
        <tbody ref={list} onFocusIn={onFocusIn} onFocusOut={onFocusOut}>
          {drawn.map(({ index, room }) => {
            const row = rows[index]!;
            const key = keyOf(row);
            return (
              <Fragment key={key}>
                <Room height={room} />
                <OneRow
                  row={row}
                  columns={columns}
                  open={open}
                  actions={actions}
                  isOpened={opened === key}
                  element={{
                    ref: measure,
                    'data-key': key,
                    'data-index': index,
                    'aria-rowindex': index + 2,
                  }}
                />
              </Fragment>
            );
          })}
          <Room height={after} />
        </tbody>
      </table>
      {rows.length === 0 && <p class="empty">{empty ?? t('list.empty')}</p>}
    </div>
  );
}
