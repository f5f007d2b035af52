// routes.ts - every page: one line here, one file in pages/. The menu, the palette and the tests are made of this.
import type { FunctionComponent } from 'preact';
import * as ops from './api/generated/operations';
import type { Operation } from './api/types';
import type { Key } from './i18n';

export interface Route {
  path: string;
  title: Key;
  group: 'trading' | 'dashboards' | 'markets' | 'own' | 'backOffice' | 'none';
  /** Who may use this operation sees the page. Without: everybody, signed in or not. */
  needs?: Operation<any>;
  /** Without the frame: for who has not come in yet. */
  isOutside?: true;
  /** Behind `g`: goes there. */
  letter?: string;
  load: () => Promise<{ default: FunctionComponent<any> }>;
}

const trading: Route[] = [
  {
    path: '/market',
    title: 'page.market',
    group: 'trading',
    letter: 'c',
    load: () => import('./pages/trade/market'),
  },
  {
    path: '/trade/:symbol',
    title: 'page.instrument',
    group: 'none',
    load: () => import('./pages/trade/instrument'),
  },
];

const insight: Route[] = [
  {
    path: '/portfolio',
    title: 'page.portfolio',
    group: 'trading',
    needs: ops.getPortfolio,
    letter: 'p',
    load: () => import('./pages/trade/portfolio'),
  },
  {
    path: '/orders',
    title: 'page.orders',
    group: 'trading',
    needs: ops.listOrders,
    letter: 'e',
    load: () => import('./pages/trade/orders'),
  },
  {
    path: '/trades',
    title: 'page.trades',
    group: 'trading',
    needs: ops.listTrades,
    letter: 'f',
    load: () => import('./pages/trade/trades'),
  },
  {
    path: '/overview',
    title: 'page.overview',
    group: 'dashboards',
    needs: ops.getOverview,
    letter: 'v',
    load: () => import('./pages/insight/overview'),
  },
  {
    path: '/activity',
    title: 'page.activity',
    group: 'dashboards',
    needs: ops.getTradingDashboard,
    letter: 'd',
    load: () => import('./pages/insight/activity'),
  },
  {
    path: '/risk',
    title: 'page.risk',
    group: 'dashboards',
    needs: ops.getRiskDashboard,
    letter: 'x',
    load: () => import('./pages/insight/risk'),
  },
  {
    path: '/analytics',
    title: 'page.analytics',
    group: 'dashboards',
    needs: ops.getPerformance,
    letter: 'y',
    load: () => import('./pages/insight/analytics'),
  },
  {
    path: '/drill/:kind/:id',
    title: 'page.drill',
    group: 'none',
    needs: ops.drillOrder,
    load: () => import('./pages/insight/drill'),
  },
];

const markets: Omit<Route, 'group'>[] = [
  {
    path: '/watchlists',
    title: 'page.watchlists',
    needs: ops.listWatchlists,
    letter: 'w',
    load: () => import('./pages/markets/watchlists'),
  },
  {
    path: '/screener',
    title: 'page.screener',
    needs: ops.runScreener,
    letter: 'z',
    load: () => import('./pages/markets/screener'),
  },
  {
    path: '/alerts',
    title: 'page.alerts',
    needs: ops.listAlerts,
    letter: 'q',
    load: () => import('./pages/markets/alerts'),
  },
  {
    path: '/news',
    title: 'page.readNews',
    needs: ops.listNews,
    load: () => import('./pages/markets/news'),
  },
  {
    path: '/calendar/economic',
    title: 'page.economic',
    needs: ops.listEconomicEvents,
    load: () => import('./pages/markets/economic'),
  },
  {
    path: '/calendar/earnings',
    title: 'page.earnings',
    needs: ops.listEarnings,
    load: () => import('./pages/markets/earnings'),
  },
];

const own: Omit<Route, 'group'>[] = [
  {
    path: '/identity',
    title: 'page.identity',
    needs: ops.getOnboardingStatus,
    load: () => import('./pages/own/identity'),
  },
  {
    path: '/funding',
    title: 'page.funding',
    needs: ops.listTransfers,
    letter: 'g',
    load: () => import('./pages/own/funding'),
  },
  {
    path: '/transactions',
    title: 'page.transactions',
    needs: ops.listTransactions,
    load: () => import('./pages/own/transactions'),
  },
  {
    path: '/statements',
    title: 'page.statements',
    needs: ops.listStatements,
    load: () => import('./pages/own/statements'),
  },
  {
    path: '/tax-documents',
    title: 'page.taxDocuments',
    needs: ops.listTaxDocuments,
    load: () => import('./pages/own/tax-documents'),
  },
  {
    path: '/notifications',
    title: 'page.notifications',
    needs: ops.listNotifications,
    letter: 'j',
    load: () => import('./pages/own/notifications'),
  },
  {
    path: '/support',
    title: 'page.ownSupport',
    needs: ops.listSupportTickets,
    load: () => import('./pages/own/support'),
  },
  {
    path: '/questions',
    title: 'page.questions',
    needs: ops.listFaq,
    load: () => import('./pages/own/questions'),
  },
  {
    path: '/settings',
    title: 'page.settings',
    needs: ops.getPreferences,
    letter: ',',
    load: () => import('./pages/settings/preferences'),
  },
];

const beside: Route[] = [
  {
    path: '/settings/security',
    title: 'page.security',
    group: 'none',
    needs: ops.getTwoFactor,
    load: () => import('./pages/settings/security'),
  },
  {
    path: '/settings/sessions',
    title: 'page.sessions',
    group: 'none',
    needs: ops.listSessions,
    load: () => import('./pages/settings/sessions'),
  },
  {
    path: '/settings/api-keys',
    title: 'page.apiKeys',
    group: 'none',
    needs: ops.listApiKeys,
    load: () => import('./pages/settings/api-keys'),
  },
  {
    path: '/settings/security-log',
    title: 'page.securityLog',
    group: 'none',
    needs: ops.listSecurityEvents,
    load: () => import('./pages/settings/security-log'),
  },
  {
    path: '/register',
    title: 'page.register',
    group: 'none',
    needs: ops.register,
    isOutside: true,
    load: () => import('./pages/door/register'),
  },
  {
    path: '/verify-email',
    title: 'page.verifyEmail',
    group: 'none',
    needs: ops.verifyEmail,
    isOutside: true,
    load: () => import('./pages/door/verify-email'),
  },
  {
    path: '/forgot-password',
    title: 'page.forgotPassword',
    group: 'none',
    needs: ops.forgotPassword,
    isOutside: true,
    load: () => import('./pages/door/forgot-password'),
  },
  {
    path: '/reset-password',
    title: 'page.resetPassword',
    group: 'none',
    needs: ops.resetPassword,
    isOutside: true,
    load: () => import('./pages/door/reset-password'),
  },
];

const backOffice: Omit<Route, 'group'>[] = [
  {
    path: '/admin/market-makers',
    title: 'page.marketMakers',
    needs: ops.listMarketMakers,
    letter: 'm',
    load: () => import('./pages/admin/market-makers'),
  },
  {
    path: '/admin/market-orders',
    title: 'page.marketOrders',
    needs: ops.listMarketOrders,
    letter: 'o',
    load: () => import('./pages/admin/market-orders'),
  },
  {
    path: '/admin/audit',
    title: 'page.audit',
    needs: ops.listTickets,
    letter: 'l',
    load: () => import('./pages/admin/audit'),
  },
  {
    path: '/admin/approvals',
    title: 'page.approvals',
    needs: ops.listApprovals,
    letter: 'a',
    load: () => import('./pages/admin/approvals'),
  },
  {
    path: '/admin/dead-letters',
    title: 'page.deadLetters',
    needs: ops.listDeadLetters,
    load: () => import('./pages/admin/dead-letters'),
  },
  {
    path: '/admin/accounts',
    title: 'page.accounts',
    needs: ops.listAccounts,
    letter: 'b',
    load: () => import('./pages/admin/accounts'),
  },
  {
    path: '/admin/users',
    title: 'page.users',
    needs: ops.listUsers,
    letter: 'u',
    load: () => import('./pages/admin/users'),
  },
  {
    path: '/admin/kyc',
    title: 'page.kyc',
    needs: ops.listKycReviews,
    letter: 'k',
    load: () => import('./pages/admin/kyc'),
  },
  {
    path: '/admin/transfers',
    title: 'page.transfers',
    needs: ops.listAllTransfers,
    letter: 't',
    load: () => import('./pages/admin/transfers'),
  },
  {
    path: '/admin/support',
    title: 'page.support',
    needs: ops.listDeskTickets,
    letter: 's',
    load: () => import('./pages/admin/support'),
  },
  {
    path: '/admin/instruments',
    title: 'page.instruments',
    needs: ops.listInstruments,
    letter: 'i',
    load: () => import('./pages/admin/instruments'),
  },
  {
    path: '/admin/assets',
    title: 'page.assets',
    needs: ops.listAssets,
    load: () => import('./pages/admin/assets'),
  },
  {
    path: '/admin/venue-rules',
    title: 'page.venueRules',
    needs: ops.changeVenueRules,
    letter: 'r',
    load: () => import('./pages/admin/venue-rules'),
  },
  {
    path: '/admin/projections',
    title: 'page.projections',
    needs: ops.listProjections,
    load: () => import('./pages/admin/projections'),
  },
  {
    path: '/admin/news',
    title: 'page.news',
    needs: ops.publishNews,
    letter: 'n',
    load: () => import('./pages/admin/news'),
  },
  {
    path: '/admin/economic',
    title: 'page.economic',
    needs: ops.publishEconomicEvent,
    load: () => import('./pages/markets/economic'),
  },
  {
    path: '/admin/earnings',
    title: 'page.earnings',
    needs: ops.publishEarnings,
    load: () => import('./pages/markets/earnings'),
  },
  { path: '/admin/faq', title: 'page.faq', needs: ops.publishFaq, load: () => import('./pages/admin/faq') },
  {
    path: '/help',
    title: 'page.help',
    needs: ops.listTickets,
    letter: 'h',
    load: () => import('./pages/help'),
  },
];

export const routes: Route[] = [
  ...trading,
  ...insight,
  ...markets.map((route): Route => ({ ...route, group: 'markets' })),
  ...own.map((route): Route => ({ ...route, group: 'own' })),
  ...beside,
  ...backOffice.map((route): Route => ({ ...route, group: 'backOffice' })),
];
