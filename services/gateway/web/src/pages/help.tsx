// help.tsx - the guide of the back office, task by task: where to go, and what to do there. tests/web/help.spec.ts walks
// through each step of it, and takes the pictures on the way.
import { t } from '../i18n';

const TASKS = ['maker', 'booking', 'order', 'buy', 'ticket', 'approval', 'client', 'halt', 'lock'] as const;
const PAGES: Record<(typeof TASKS)[number], string> = {
  maker: '/admin/market-makers',
  booking: '/admin/market-makers',
  order: '/admin/market-orders',
  buy: '/market',
  ticket: '/admin/audit',
  approval: '/admin/approvals',
  client: '/admin/kyc',
  halt: '/admin/instruments',
  lock: '/admin/users',
};

export default function Help() {
  return (
    <article class="help">
      <h1>{t('page.help')}</h1>
      <p>{t('help.keys')}</p>
      {TASKS.map((task) => (
        <section key={task} aria-labelledby={task}>
          <h2 id={task}>
            <a href={PAGES[task]}>{t(`help.${task}`)}</a>
          </h2>
          <ol>
            {t(`help.${task}.steps`)
              .split('|')
              .map((step) => (
                <li key={step}>{step}</li>
              ))}
          </ol>
          <img src={`/help/${task}.png`} alt={t('help.picture')} width={1100} height={640} loading="lazy" />
        </section>
      ))}
    </article>
  );
}
