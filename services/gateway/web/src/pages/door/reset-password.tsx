// reset-password.tsx - where the mail of a forgotten password leads. All sessions end with it.
import { useState } from 'preact/hooks';
import * as ops from '../../api/generated/operations';
import { t } from '../../i18n';
import { Door, useMailToken } from '../../ui/door';
import { Form } from '../../ui/form';

export default function ResetPassword() {
  const token = useMailToken();
  const [isDone, setDone] = useState(false);
  return (
    <Door title={t('page.resetPassword')}>
      {isDone ? (
        <p class="notice" role="status">
          {t('resetPassword.done')}
        </p>
      ) : (
        <Form
          operation={ops.resetPassword}
          initial={{ token }}
          order={token ? ['new_password'] : ['token', 'new_password']}
          fields={{ new_password: { hint: 'register.password' } }}
          submit={t('page.resetPassword')}
          done={() => setDone(true)}
        />
      )}
      <p class="hint">
        <a href="/login">{t('signIn')}</a>
      </p>
    </Door>
  );
}
