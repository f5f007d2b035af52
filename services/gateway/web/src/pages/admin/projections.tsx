// projections.tsx - how far the tables that everything is read from have followed their logs.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { t } from '../../i18n';
import { listPage } from '../../ui/list-page';
import { Table } from '../../ui/table';

type Projection = Item<'listProjections'>;

/** In words and colour: what lags is not wrong, but not of now. */
function Lag({ lag }: { lag: number }) {
  const text = lag === 0 ? t('projections.current') : t('projections.behind', { count: lag });
  return <span class={`status ${lag === 0 ? 'good' : 'waiting'}`}>{text}</span>;
}

const Partitions = ({ of }: { of: Projection }) => (
  <>
    <h3>{t('projections.partitions')}</h3>
    <Table
      caption={t('projections.partitions')}
      columns={[
        { name: 'partition' },
        { name: 'position', kind: 'count' },
        { name: 'log_end', kind: 'count' },
        { name: 'lag', kind: 'count' },
        { name: 'updated_at', wide: true },
      ]}
      rows={of.partitions}
      keyOf={({ partition }) => String(partition)}
    />
  </>
);

export default listPage({
  title: 'page.projections',
  list: ops.listProjections,
  id: 'service',
  every_s: 2,
  about: () => <p class="hint">{t('projections.about')}</p>,
  columns: [
    { name: 'service', kind: 'name' },
    { name: 'lag', render: ({ lag }) => <Lag lag={lag} /> },
    { name: 'events', kind: 'count', wide: true },
    { name: 'rows', kind: 'count', wide: true },
    { name: 'generation', wide: true },
    { name: 'updated_at', wide: true },
  ],
  detail: (projection) => <Partitions of={projection} />,
});
