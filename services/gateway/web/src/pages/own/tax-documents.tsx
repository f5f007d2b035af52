// tax-documents.tsx - what was sold in a year, lot by lot, for whoever files one's taxes.
import * as ops from '../../api/generated/operations';
import { Downloads } from '../../ui/downloads';
import { listPage } from '../../ui/list-page';

export default listPage({
  title: 'page.taxDocuments',
  list: ops.listTaxDocuments,
  name: ({ year, form }) => `${year} ${form}`,
  columns: [{ name: 'year' }, 'form', { name: 'version', wide: true }, 'issued_at'],
  detail: (document) => <Downloads operation={ops.downloadTaxDocument} path={{ document_id: document.id }} />,
});
