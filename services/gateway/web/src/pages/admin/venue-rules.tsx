// venue-rules.tsx - limits that hold for whoever has none of their own, and what takes a second person.
import * as ops from '../../api/generated/operations';
import { t } from '../../i18n';
import { Facts } from '../../ui/format';
import { Json } from '../../ui/difference';
import { action, Actions } from '../../ui/list-page';
import { One } from '../../ui/one';

const change = action<Record<string, unknown>, 'changeVenueRules'>({
  operation: ops.changeVenueRules,
  label: 'venueRules.change',
  initial: (rules) => rules,
});

export default function VenueRules() {
  return (
    <One operation={ops.getVenueRules}>
      {(rules, reload) => (
        <>
          <div class="page-head">
            <h1>{t('page.venueRules')}</h1>
            <Actions row={rules as Record<string, unknown>} actions={[change]} name="" changed={reload} />
          </div>
          <div class="card-wide">
            <Facts of={rules} />
            <h3>{t('venueRules.amounts')}</h3>
            <Json value={rules.approval_amounts} />
          </div>
        </>
      )}
    </One>
  );
}
