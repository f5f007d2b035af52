// verify-email.tsx - where the mail of a registration leads. One presses a button: programs that look at links in mails
// confirm nothing.
import { useState } from 'preact/hooks';
import * as ops from '../../api/generated/operations';
import { t } from '../../i18n';
import { Door, useMailToken } from '../../ui/door';
import { Form } from '../../ui/form';

export default function VerifyEmail() {
  const token = useMailToken();
  const [isDone, setDone] = useState(false);
  return (
    <Door title={t('page.verifyEmail')}>
      {isDone ? (
        <p class="notice" role="status">
          {t('verifyEmail.done')}
        </p>
      ) : (
        <Form
          operation={ops.verifyEmail}
          initial={{ token }}
          order={token ? [] : ['token']}
          submit={t('verifyEmail.confirm')}
          done={() => setDone(true)}
        />
      )}
      <p class="hint">
        <a href="/">{t('door.onwards')}</a>
      </p>
    </Door>
  );
}
