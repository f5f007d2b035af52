// statements.tsx - what came and went in a time that is over, as it stands for ever, on paper or as a table.
import * as ops from '../../api/generated/operations';
import { t } from '../../i18n';
import { Downloads } from '../../ui/downloads';
import { action, listPage } from '../../ui/list-page';
import { Table } from '../../ui/table';
import { showTime } from '../../time';

interface Whole {
  assets: { asset: string; opening: string; closing: string }[];
}

export default listPage({
  title: 'page.statements',
  list: ops.listStatements,
  name: ({ from, to }) => `${showTime(from)} – ${showTime(to)}`,
  columns: [
    { name: 'from', kind: 'time' },
    { name: 'to', kind: 'time' },
    'kind',
    { name: 'version', wide: true },
    'issued_at',
  ],
  create: action<undefined, 'issueStatement'>({
    operation: ops.issueStatement,
    label: 'statements.create',
    about: () => <p>{t('statements.about')}</p>,
  }),
  one: { operation: ops.getStatement, path: (id) => ({ statement_id: id }) },
  hidden: ['id'],
  detail: (statement) => (
    <>
      <Downloads operation={ops.downloadStatement} path={{ statement_id: statement.id }} />
      <Table
        caption={t('statements.assets')}
        columns={[
          { name: 'asset' },
          { name: 'opening', kind: 'amount' },
          { name: 'closing', kind: 'amount' },
        ]}
        rows={(statement as unknown as Whole).assets}
        keyOf={({ asset }) => asset}
      />
    </>
  ),
});
