// push.js - takes what the venue pushes to this browser, also while no page of it is open, and shows it. What each kind of
// message says, the page has put into a cache in its reader's language: src/push.ts.
const TEXTS = '/push-texts';
const SHOWN = '/notifications';

async function textOf(told) {
  const texts = await (await caches.match(TEXTS))?.json();
  const values = {
    ...told,
    amount: `${told.amount} ${told.asset}`,
    state: texts?.states[told.state] ?? told.state,
  };
  return texts?.kinds[told.kind]?.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '') ?? told.kind;
}

async function show(told) {
  const options = {
    body: await textOf(told),
    tag: told.id,
    icon: '/icon.svg',
    lang: self.navigator.language,
  };
  await self.registration.showNotification('Bourse', options);
}

/** In a page that is open, else in a new one. */
async function open() {
  const [page] = await self.clients.matchAll({ type: 'window' });
  if (!page) return self.clients.openWindow(SHOWN);
  await page.focus();
  return page.navigate(SHOWN);
}

self.addEventListener('push', (event) => event.waitUntil(show(event.data.json())));
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open());
});
