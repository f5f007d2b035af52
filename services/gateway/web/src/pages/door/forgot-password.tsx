// forgot-password.tsx - asks for a mail with which a new password can be set.
import { useState } from 'preact/hooks';
import * as ops from '../../api/generated/operations';
import { t } from '../../i18n';
import { Door } from '../../ui/door';
import { Form } from '../../ui/form';

export default function ForgotPassword() {
  const [isDone, setDone] = useState(false);
  return (
    <Door title={t('page.forgotPassword')}>
      {isDone ? (
        <p class="notice" role="status">
          {t('forgotPassword.done')}
        </p>
      ) : (
        <Form operation={ops.forgotPassword} submit={t('forgotPassword.send')} done={() => setDone(true)} />
      )}
      <p class="hint">
        <a href="/login">{t('signIn')}</a>
      </p>
    </Door>
  );
}
