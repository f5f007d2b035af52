// shares.tsx - what a whole is made of: a table whose bars are as long as the shares.
import { showPercent } from '../money';
import { type Column, Table } from '../ui/table';

interface Shared {
  share: string | null;
}

/** The bar is for the eye alone: beside it stands the number. */
export const shareBar = <Row extends Shared>(): Column<Row> => ({
  name: 'share',
  kind: 'text',
  render: ({ share }) => (
    <div class="share">
      <span class="amount">{showPercent(share)}</span>
      <span class="share-bar" style={{ '--share': `${Number(share ?? 0) * 100}%` }} />
    </div>
  ),
});

interface Props<Row> {
  title: string;
  rows: Row[];
  columns: Column<Row>[];
  keyOf: (row: Row) => string;
}

export function Shares<Row extends Shared>({ title, rows, columns, keyOf }: Props<Row>) {
  return (
    <section class="plot" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      <Table caption={title} columns={[...columns, shareBar<Row>()]} rows={rows} keyOf={keyOf} />
    </section>
  );
}
