// drill.tsx - from a number down to the events behind it: whatever the API has of an order, a trade, a position, a day, an
// instrument or an account, and where each of it leads.
import * as ops from '../../api/generated/operations';
import type { Operation } from '../../api/types';
import { type Key, t, word } from '../../i18n';
import { Facts } from '../../ui/format';
import { One } from '../../ui/one';
import { Table } from '../../ui/table';
import '../../styles/insight.css';

type Row = Record<string, unknown>;

const KINDS: Record<string, { operation: Operation<any>; title: Key }> = {
  orders: { operation: ops.drillOrder, title: 'drill.orders' },
  trades: { operation: ops.drillTrade, title: 'drill.trades' },
  positions: { operation: ops.drillPosition, title: 'drill.positions' },
  pnl: { operation: ops.drillPnl, title: 'drill.pnl' },
  instruments: { operation: ops.drillInstrument, title: 'drill.instruments' },
  accounts: { operation: ops.drillAccount, title: 'drill.accounts' },
};

const PAGES: [RegExp, string][] = [
  [/^\/api\/v1\/drilldowns\/(.+)$/, '/drill/$1'],
  [/^\/api\/v1\/analytics\/.*$/, '/analytics'],
  [/^\/api\/v1\/positions$/, '/portfolio'],
  [/^\/api\/v1\/risk\/limits$/, '/risk'],
  [/^\/api\/v1\/orders(\/[^/]+)?\/?$/, '/orders'],
  [/^\/api\/v1\/trades(.*)$/, '/trades$1'],
  [/^\/api\/v1\/market\/([^/]+)\/.*$/, '/trade/$1'],
  [/^\/api\/v1\/admin\/logging\/tickets(.*)$/, '/admin/audit$1'],
];

/** The page that shows what an address of the API answers. */
function pageOf(address: string): string | undefined {
  const found = PAGES.find(([pattern]) => pattern.test(address));
  return found && address.replace(...found);
}

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isPlain = (value: unknown) => typeof value !== 'object' || value === null;

function Links({ links }: { links: unknown }) {
  if (!isRow(links)) return null;
  return (
    <>
      {Object.entries(links).map(([name, address]) => {
        const page = pageOf(String(address));
        return (
          page && (
            <a key={name} class="button quiet" href={page}>
              {word('field', name)}
            </a>
          )
        );
      })}
    </>
  );
}

/** Columns are what the rows have that is one value. */
function Rows({ name, rows }: { name: string; rows: Row[] }) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row).filter((key) => isPlain(row[key]))))];
  const hasLinks = rows.some((row) => isRow(row['links']));
  return (
    <section>
      <h2>{word('field', name)}</h2>
      <Table<Row>
        caption={word('field', name)}
        columns={names.map((one) => ({ name: one }))}
        rows={rows}
        keyOf={(row) => String(rows.indexOf(row))}
        actions={hasLinks ? (row) => <Links links={row['links']} /> : undefined}
      />
    </section>
  );
}

function Part({ name, value }: { name: string; value: unknown }) {
  if (Array.isArray(value)) return <Rows name={name} rows={value as Row[]} />;
  if (!isRow(value)) return null;
  if (Object.values(value).length > 0 && Object.values(value).every(isRow))
    return (
      <Rows name={name} rows={Object.entries(value).map(([asset, row]) => ({ asset, ...(row as Row) }))} />
    );
  return (
    <section>
      <h2>{word('field', name)}</h2>
      <div class="card-wide">
        <Facts of={value} />
      </div>
    </section>
  );
}

function Whole({ whole }: { whole: Row }) {
  const { links, ...parts } = whole;
  const plain = Object.fromEntries(
    Object.entries(parts).filter(([, value]) => isPlain(value) && value !== null),
  );
  return (
    <div class="drill">
      {isRow(links) && (
        <p class="actions">
          <Links links={links} />
        </p>
      )}
      {Object.keys(plain).length > 0 && (
        <div class="card-wide">
          <Facts of={plain} />
        </div>
      )}
      {Object.entries(parts).map(([name, value]) => (
        <Part key={name} name={name} value={value} />
      ))}
    </div>
  );
}

export function Drill({ kind, id }: { kind: string; id: string }) {
  const known = KINDS[kind];
  if (!known) return <p class="empty">{t('page.none')}</p>;
  const parameter = /\{(\w+)\}/.exec(known.operation.path)![1]!;
  return (
    <One operation={known.operation} path={{ [parameter]: id } as never}>
      {(whole) => <Whole whole={whole as Row} />}
    </One>
  );
}

export default function DrillPage({ kind, id }: { kind: string; id: string }) {
  const known = KINDS[kind];
  return (
    <>
      <div class="page-head">
        <h1>
          {known ? t(known.title) : t('page.drill')} <span class="drill-id">{id}</span>
        </h1>
      </div>
      <Drill kind={kind} id={id} />
    </>
  );
}
