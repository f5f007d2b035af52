// assets.tsx - what accounts can hold.
import * as ops from '../../api/generated/operations';
import { action, listPage } from '../../ui/list-page';

export default listPage({
  title: 'page.assets',
  list: ops.listAssets,
  id: 'code',
  columns: [
    { name: 'code' },
    { name: 'name', kind: 'text' },
    'kind',
    'scale',
    { name: 'underlying', wide: true },
    { name: 'expires_at', wide: true },
  ],
  create: action({ operation: ops.createAsset, label: 'assets.create' }),
});
