// instruments.tsx - what is traded and by which rules; halting it and letting it go on.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { t } from '../../i18n';
import { action, listPage } from '../../ui/list-page';

type Instrument = Item<'listInstruments'>;

const path = (instrument: Instrument) => ({ symbol: instrument.symbol });

export default listPage({
  title: 'page.instruments',
  list: ops.listInstruments,
  id: 'symbol',
  columns: [
    { name: 'symbol' },
    'status',
    'last',
    { name: 'change_24h_percent', wide: true },
    { name: 'volume_24h', wide: true },
    { name: 'tick_size', wide: true },
    { name: 'lot_size', wide: true },
    { name: 'taker_fee_bps', wide: true },
  ],
  create: action({ operation: ops.createInstrument, label: 'instruments.create' }),
  actions: [
    action<Instrument, 'haltInstrument'>({
      operation: ops.haltInstrument,
      label: 'instruments.halt',
      path,
      quick: true,
      danger: true,
      when: ({ status }) => status === 'open' || status === 'cancel_only',
      about: () => <p>{t('instruments.haltWarning')}</p>,
    }),
    action<Instrument, 'resumeInstrument'>({
      operation: ops.resumeInstrument,
      label: 'instruments.resume',
      path,
      quick: true,
      when: ({ status }) => status === 'halted' || status === 'cancel_only',
      about: () => <p>{t('instruments.resumeWarning')}</p>,
    }),
    action<Instrument, 'setInstrumentCancelOnly'>({
      operation: ops.setInstrumentCancelOnly,
      label: 'instruments.cancelOnly',
      path,
      when: ({ status }) => status === 'open' || status === 'halted',
      about: () => <p>{t('instruments.cancelOnlyWarning')}</p>,
    }),
    action<Instrument, 'markInstrument'>({ operation: ops.markInstrument, label: 'instruments.mark', path }),
    action<Instrument, 'changeInstrument'>({
      operation: ops.changeInstrument,
      label: 'action.edit',
      path,
      initial: (instrument) => ({ ...instrument }),
      fields: { status: { hidden: true } },
    }),
  ],
});
