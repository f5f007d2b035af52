// routes.ts - every page: one line here, one file in pages/. The menu, the palette and the tests are made of this.
import type { FunctionComponent } from 'preact';
import * as ops from './api/generated/operations';
import type { Operation } from './api/types';
import type { Key } from './i18n';

export interface Route {
  path: string;
  title: Key;
  group: 'trading' | 'dashboards' | 'own' | 'backOffice' | 'none';
  /** Who may use this operation sees the page. Without: everybody, signed in or not. */
  needs?: Operation<any>;
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
    load: () => import('./pages/admin/economic'),
  },
  {
    path: '/admin/earnings',
    title: 'page.earnings',
    needs: ops.publishEarnings,
    load: () => import('./pages/admin/earnings'),
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
  ...backOffice.map((route): Route => ({ ...route, group: 'backOffice' })),
];
