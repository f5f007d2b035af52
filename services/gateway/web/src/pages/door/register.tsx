// register.tsx - a new user. The address is confirmed by a mail; the account waits for its identity check.
import { useState } from 'preact/hooks';
import * as ops from '../../api/generated/operations';
import { t } from '../../i18n';
import { Door } from '../../ui/door';
import { Form } from '../../ui/form';

export default function Register() {
  const [email, setEmail] = useState<string | null>(null);
  return (
    <Door title={t('page.register')}>
      {email === null ? (
        <Form
          operation={ops.register}
          order={['full_name', 'email', 'password']}
          fields={{ password: { hint: 'register.password' } }}
          submit={t('page.register')}
          done={(user) => setEmail(user.email ?? '')}
        />
      ) : (
        <p class="notice" role="status">
          {t('register.done', { email })}
        </p>
      )}
      <p class="hint">
        <a href="/login">{t('signIn')}</a>
      </p>
    </Door>
  );
}
