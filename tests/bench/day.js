// day.js - a mixed day of clients, newcomers and operators, for k6. Started by tests/bench/day, which
// makes the people and reads the result.
//
// Each client does one thing after another, each by its weight in CLIENT, with pauses in between as
// people make them. What races with others' doings may be refused with the codes that say so;
// anything else that is no success is an error.
import http from "k6/http";
import { sleep } from "k6";
import { Counter } from "k6/metrics";

const day = JSON.parse(open(__ENV.DAY));
const BASE = `${day.url}/api/v1`;
const PDF = `%PDF-1.4\n${"who I am ".repeat(10000)}\n%%EOF\n`;
const RACED = ["ORDER_ALREADY_FILLED", "ORDER_NOT_OPEN", "REPLACE_PENDING"];
const SETTLED = ["KYC_NOT_SUBMITTED", "TRANSFER_NOT_OPEN", "SUPPORT_TICKET_CLOSED"];
const errors = new Counter("errors");
let me = { orders: [], alerts: [] }; // each virtual user has its own

const scenario = (name, vus) => (
    { executor: "constant-vus", exec: name, vus, duration: `${day.seconds}s`, gracefulStop: "30s" });
export const options = {
    scenarios: { clients: scenario("client", day.users), newcomers: scenario("newcomer", 1),
        operators: scenario("operator", day.operators.length) },
    insecureSkipTLSVerify: true, // this is loopback only
    setupTimeout: "600s",
};

// --- asking ---------------------------------------------------------------------------------------

function ask(name, method, path, body, more = {}) {
    const sent = typeof body === "string" || !body ? body : JSON.stringify(body);
    const answer = http.request(method, `${BASE}/${path}`, sent, {
        headers: { ...(sent && { "Content-Type": "application/json" }),
            ...(me.token && { Authorization: `Bearer ${me.token}` }), ...more.headers },
        responseType: more.file ? "none" : "text",
        tags: { name },
        timeout: "30s",
    });
    if (answer.status === 200 || answer.status === 201)
        return more.file ? {} : answer.json();
    if (!(more.raced || []).some(code => answer.body && answer.body.includes(code))) {
        errors.add(1, { name });
        console.error(`${name}: ${answer.status} ${answer.error} ${answer.body}`);
    }
    return {}; // of which whatever is asked for next is nothing
}

const get = (name, path) => ask(name, "GET", path);
const first = (page, act) => (page.items || []).slice(0, 1).forEach(act);
const any = list => list[Math.floor(Math.random() * list.length)];
const take = list => list.splice(Math.floor(Math.random() * list.length), 1)[0];
const pause = () => sleep(-Math.log(1 - Math.random()) * day.pause_s);
const price = () => (100 + (Math.random() - 0.5)).toFixed(2);
const quantity = () => String(1 + Math.floor(Math.random() * 20));

function signIn(email) {
    me = { ...me, email, token: null };
    me.token = ask("sign in", "POST", "auth/login", { email, password: day.password }).access_token;
    return me;
}

// One after the other, so that all are signed in when the day begins.
export const setup = () => ({ clients: day.clients.map(signIn), operators: day.operators.map(signIn) });

// A virtual user is the person with its number, of whom there are as many.
function comeIn(people) {
    if (!me.email)
        me = { ...people[(__VU - 1) % people.length], orders: [], alerts: [] };
    else if (!me.token)
        signIn(me.email);
}

// --- what clients do ------------------------------------------------------------------------------

function placeOrder(terms) {
    const body = { instrument: any(day.symbols), side: any(["buy", "sell"]), quantity: quantity(), type: "limit",
        limit_price: price(), ...terms };
    const order = ask("place an order", "POST", "orders", body);
    if (["open", "partially_filled"].includes(order.status))
        me.orders.push(order.id);
}

function placeMarketOrder() {
    ask("place a market order", "POST", "orders", { instrument: any(day.symbols), side: any(["buy", "sell"]),
        quantity: "1", type: "market", max_notional: "1000" });
}

function withOrder(act) {
    if (me.orders.length === 0)
        placeOrder({ side: "buy", limit_price: "50.00" });
    else
        act(take(me.orders));
}

const cancelOrder = () => withOrder(id => ask("cancel an order", "DELETE", `orders/${id}`, null, { raced: RACED }));
const replaceOrder = () => withOrder(id => {
    ask("replace an order", "PATCH", `orders/${id}`, { quantity: quantity(), limit_price: "90.00" }, { raced: RACED });
});

function alert() {
    if (me.alerts.length > 5) {
        ask("delete an alert", "DELETE", `alerts/${take(me.alerts)}`);
    } else {
        const made = ask("create an alert", "POST", "alerts", { instrument: any(day.symbols), condition: "above",
            price: (100 + Math.random()).toFixed(2) });
        if (made.id)
            me.alerts.push(made.id);
    }
}

function watch() {
    if (!me.watchlist)
        me.watchlist = ask("create a watchlist", "POST", "watchlists", { name: "Mine", symbols: day.symbols }).id;
    get("a watchlist", `watchlists/${me.watchlist}`);
}

function notifications() {
    first(get("notifications", "notifications?unread=true"), ({ id }) => ask("read a notification", "POST",
        `notifications/${id}/read`));
}

function transfer() {
    first(get("payment methods", "funding/payment-methods"), ({ id }) => ask("ask for a transfer", "POST",
        `funding/${any(["deposits", "withdrawals"])}`, { asset: "EUR", amount: "1.00", payment_method_id: id },
        { raced: ["TRANSFER_LIMIT_EXCEEDED"] }));
}

function askSupport() {
    if (!me.ticket)
        me.ticket = ask("open a conversation", "POST", "support/tickets", { category: "trading",
            subject: "An order", text: "What became of it?" }).id;
    else
        ask("write to support", "POST", `support/tickets/${me.ticket}/messages`, { text: "And now?" },
            { raced: SETTLED });
    get("a conversation", `support/tickets/${me.ticket}/messages`);
}

function statement() {
    const issued = ask("issue a statement", "POST", "statements", { from: "2026-01-01T00:00:00Z",
        to: new Date(Date.now() - 1000).toISOString() });
    const download = (name, accept) => ask(name, "GET", `statements/${issued.id}/download`, null,
        { file: true, headers: { Accept: accept } });
    if (issued.id) {
        download("statement as PDF", "application/pdf");
        download("statement as CSV", "text/csv");
    }
}

function signInAnew() {
    ask("sign out", "POST", "auth/logout");
    signIn(me.email);
}

function anOrder() {
    first(get("orders", "orders"), ({ id }) => {
        get("an order", `orders/${id}`);
        get("an order's history", `orders/${id}/history`);
    });
}

const symbol = () => any(day.symbols);
const CLIENT = [ // [how often, what]
    [12, placeOrder], [3, placeMarketOrder], [5, cancelOrder], [3, replaceOrder],
    [2, () => ask("preview an order", "POST", "orders/preview", { instrument: symbol(), side: "buy", type: "limit",
        quantity: "1", limit_price: "100" })],
    [6, anOrder], [4, () => get("trades of one's own", "trades")], [5, () => get("portfolio", "portfolio")],
    [3, () => get("positions", "positions")], [2, () => get("risk limits", "risk/limits")],
    [6, () => get("quotes", `market/quotes?symbols=${day.symbols.join(",")}`)],
    [5, () => get("book", `market/${symbol()}/book`)], [3, () => get("trades", `market/${symbol()}/trades`)],
    [3, () => get("candles", `market/${symbol()}/candles?interval=1m`)],
    [2, () => get("instruments", "market/instruments")], [2, () => get("cash market", "market/cash")],
    [3, () => get("overview", "dashboard/overview")], [3, () => get("trading dashboard", "dashboard/trading")],
    [2, () => get("risk dashboard", "dashboard/risk")], [1, () => get("performance", "analytics/performance")],
    [1, () => get("profit and loss", "analytics/pnl")], [1, () => get("allocation", "analytics/allocation")],
    [3, () => get("transactions", "transactions")], [1, () => get("summary", "transactions/summary")],
    [4, watch], [2, alert], [1, () => get("alerts", "alerts")], [4, notifications], [2, transfer],
    [1, () => get("transfers", "funding/transfers")], [1, () => get("funding limits", "funding/limits")],
    [2, () => get("news", "news")], [1, () => get("search the news", "news?q=auction")],
    [1, () => get("calendar", "calendar/economic")], [1, () => get("search the FAQ", "support/faq?q=deposit")],
    [2, () => ask("screen", "POST", "screener/run", { filters: { price: { above: "1" } } })], [1, askSupport],
    [1, () => get("preferences", "settings")],
    [1, () => ask("change preferences", "PUT", "settings", { theme: any(["dark", "light"]) })],
    [0.5, statement], [0.5, () => ask("export transactions", "GET", "transactions/export", null, { file: true })],
    [0.5, signInAnew],
];
const ALL = CLIENT.reduce((sum, [weight]) => sum + weight, 0);

export function client(people) {
    comeIn(people.clients);
    let left = Math.random() * ALL;
    CLIENT.find(([weight]) => (left -= weight) < 0)[1]();
    pause();
}

// --- who comes, and who serves --------------------------------------------------------------------

export function newcomer() {
    const email = `day-${__VU}-${__ITER}-${Date.now()}@example.com`;
    me = { orders: [], alerts: [] };
    ask("register", "POST", "auth/register", { email, password: day.password, full_name: "Somebody new" });
    signIn(email);
    ask("change a profile", "PUT", "onboarding/profile", { name: "Somebody New", birth_date: "1990-01-01",
        nationality: "DE", address: "Lane 1", tax_id: "1" });
    for (const kind of ["passport", "proof_of_address"]) {
        pause();
        ask("hand in a document", "POST", `onboarding/documents?kind=${kind}`, PDF, {
            headers: { "Content-Type": "application/octet-stream" } });
    }
    ask("submit an identity check", "POST", "onboarding/submit");
    pause();
}

const OPERATOR = [
    () => first(get("identity checks", "admin/kyc?status=submitted"), ({ user_id }) => ask("approve an identity check",
        "POST", `admin/kyc/${user_id}/approve`, { level: 1 }, { raced: SETTLED })),
    () => first(get("all transfers", "admin/transfers?status=pending"), ({ id }) => ask("complete a transfer", "POST",
        `admin/transfers/${id}/complete`, {}, { raced: SETTLED })),
    () => first(get("all conversations", "admin/support/tickets?status=open"), ({ id }) => ask("reply", "POST",
        `admin/support/tickets/${id}/reply`, { text: "It was filled." }, { raced: SETTLED })),
    () => first(get("tickets", "admin/logging/tickets"), ({ ticket_id }) => get("a ticket",
        `admin/logging/tickets/${ticket_id}`)),
    () => get("accounts", "admin/accounts"), () => get("market makers", "admin/market-makers"),
];

export function operator(people) {
    comeIn(people.operators);
    any(OPERATOR)();
    pause();
}

