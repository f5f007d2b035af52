// preferences.tsx - how one likes the page and its tickets, and what one is told of, and where.
import * as ops from '../../api/generated/operations';
import { LANGUAGES, t } from '../../i18n';
import { applyPreferences } from '../../preferences';
import { Form } from '../../ui/form';
import { One } from '../../ui/one';
import { toast } from '../../ui/toast';
import { SettingsFrame } from './frame';
import { PushMessages } from './push';

/** Those of the browser, and the one that is chosen: names of one place differ. */
const zones = (chosen: string): [string, string][] =>
  [...new Set([chosen, 'UTC', ...Intl.supportedValuesOf('timeZone')])].map((name) => [name, name]);

function Preferences() {
  return (
    <One operation={ops.getPreferences}>
      {(chosen, reload) => (
        <Form
          operation={ops.changePreferences}
          initial={{ ...chosen }}
          fields={{
            language: { choices: Object.entries(LANGUAGES) },
            timezone: { choices: zones(chosen.timezone) },
            quiet_start_time: { hint: 'settings.quiet' },
          }}
          submit={t('save')}
          done={(changed) => {
            applyPreferences(changed);
            toast('good', t('settings.saved'));
            reload();
          }}
        />
      )}
    </One>
  );
}

function Notifications() {
  return (
    <One operation={ops.getNotificationSettings}>
      {(chosen, reload) => (
        <Form
          operation={ops.changeNotificationSettings}
          initial={{ ...chosen }}
          fields={{ webhook_secret: { hint: 'settings.webhookSecret' } }}
          submit={t('save')}
          done={() => {
            toast('good', t('settings.saved'));
            reload();
          }}
        />
      )}
    </One>
  );
}

export default function Settings() {
  return (
    <SettingsFrame>
      <div class="page-head">
        <h1>{t('page.settings')}</h1>
      </div>
      <section class="card-wide">
        <Preferences />
      </section>
      <section class="card-wide">
        <h2>{t('settings.notifications')}</h2>
        <Notifications />
        <PushMessages />
      </section>
    </SettingsFrame>
  );
}
