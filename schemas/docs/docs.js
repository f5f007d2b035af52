// Lists the operations of /openapi.json with their schemas, and lets one try them. Text from the
// document and from answers is only ever set as text, never as markup.
"use strict";

const METHODS = ["get", "post", "put", "delete"];
let api;
let token = null;

/* An element: make("td", {className: "quiet"}, "text", child, ...). */
function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/* What a $ref leads to, or the node itself. */
function resolve(node) {
  while (node && node.$ref) {
    node = node.$ref.slice(2).split("/").reduce((at, step) => at[step], api);
  }
  return node;
}

function typeOf(schema) {
  const types = [].concat(schema.type || "any").join(" or ");
  const words = [schema.format ? `${types} (${schema.format})` : types];
  if (schema.enum) words.push(schema.enum.join(", "));
  if (schema.pattern) words.push(schema.pattern);
  if ("minimum" in schema || "maximum" in schema) {
    words.push(`${schema.minimum ?? ""} to ${schema.maximum ?? ""}`);
  }
  if ("maxLength" in schema) words.push(`up to ${schema.maxLength} characters`);
  if ("default" in schema) words.push(`default ${JSON.stringify(schema.default)}`);
  return words.join("; ");
}

/* Rows of a schema's members, those of inner objects and arrays with dotted names. */
function schemaRows(schema, prefix, depth) {
  schema = resolve(schema);
  if (schema.items) return schemaRows(schema.items, `${prefix}[]`, depth);
  const rows = [];
  for (const [name, member] of Object.entries(schema.properties || {})) {
    const inner = resolve(member);
    const path = prefix ? `${prefix}.${name}` : name;
    const needed = (schema.required || []).includes(name) ? "required" : "";
    rows.push(row(path, needed, typeOf(inner), inner.description));
    if (depth < 3) rows.push(...schemaRows(inner, path, depth + 1));
  }
  return rows;
}

function row(name, needed, type, description) {
  return make("tr", {}, make("td", {}, make("code", {}, name)),
    make("td", { className: "quiet" }, needed), make("td", {}, type),
    make("td", { className: "quiet" }, description || ""));
}

function table(title, rows) {
  if (rows.length === 0) return null;
  return make("section", {}, make("h3", {}, title),
    make("table", {}, make("tbody", {}, ...rows)));
}

function parametersOf(operation) {
  return (operation.parameters || []).map(resolve);
}

function jsonBody(operation) {
  return operation.requestBody && operation.requestBody.content["application/json"];
}

function describe(operation) {
  const parameters = parametersOf(operation).map((p) => row(p.name,
    p.required ? `${p.in}, required` : p.in, typeOf(resolve(p.schema)), p.description));
  const body = jsonBody(operation);
  const parts = [table("Parameters", parameters),
    body ? table("Body", schemaRows(body.schema, "", 0)) : null];
  const answers = [];
  for (const [status, answer] of Object.entries(operation.responses)) {
    answers.push(row(status, "", answer.description, ""));
    const json = answer.content && answer.content["application/json"];
    if (json && status.startsWith("2")) {
      parts.push(table(`Answer ${status}`, schemaRows(json.schema, "", 0)));
    }
  }
  return [...parts, table("Statuses", answers)];
}

// --- trying ---------------------------------------------------------------------------------------

/* The request that a form describes: [address, options for fetch]. */
function requestOf(form, path, method, operation) {
  const query = new URLSearchParams();
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  for (const parameter of parametersOf(operation)) {
    const value = form.elements[parameter.name].value.trim();
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value && parameter.in === "query") query.set(parameter.name, value);
    else if (value && parameter.in === "header") headers[parameter.name] = value;
  }
  const options = { method: method.toUpperCase(), headers };
  if (form.elements["(body)"]) {
    headers["Content-Type"] = "application/json";
    options.body = form.elements["(body)"].value;
  }
  return [query.size ? `${path}?${query}` : path, options];
}

async function shown(answer) {
  const lines = [`${answer.status} ${answer.statusText}`];
  for (const name of ["etag", "location", "x-position", "x-projection-position", "x-request-id"]) {
    if (answer.headers.has(name)) lines.push(`${name}: ${answer.headers.get(name)}`);
  }
  const text = await answer.text();
  try {
    return [...lines, "", JSON.stringify(JSON.parse(text), null, 2)].join("\n");
  } catch {
    return [...lines, "", text].join("\n");
  }
}

function tryForm(path, method, operation) {
  const inputs = parametersOf(operation).map((p) => make("label", {}, `${p.name} `,
    make("input", { name: p.name, required: Boolean(p.required), placeholder: p.in })));
  const body = jsonBody(operation);
  const text = body && make("textarea", { name: "(body)", rows: 8, spellcheck: false,
    value: JSON.stringify(body.example, null, 2) });
  const output = make("pre", { hidden: true });
  const form = make("form", {}, make("h3", {}, "Try it"), ...inputs, text || null,
    make("button", {}, "Send"), output);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    output.hidden = false;
    output.textContent = "Waiting for the answer.";
    try {
      output.textContent = await shown(await fetch(...requestOf(form, path, method, operation)));
    } catch (error) {
      output.textContent = `No answer: ${error.message}`;
    }
  });
  return form;
}

async function signIn(event) {
  event.preventDefault();
  const said = document.getElementById("signed-in");
  const { email, password } = event.target.elements;
  const answer = await fetch("/api/v1/auth/login", {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email: email.value, password: password.value }) });
  const body = await answer.json();
  token = answer.ok ? body.access_token : null;
  said.textContent = answer.ok ? `Signed in as ${body.user.email} (${body.user.roles.join(", ")}).`
    : body.detail || body.title;
  password.value = "";
}

// --- the page -------------------------------------------------------------------------------------

function operationBlock(path, method, operation) {
  const content = make("div", {});
  const block = make("details", { id: operation.operationId },
    make("summary", {}, make("span", { className: `method ${method}` }, method.toUpperCase()),
      make("code", {}, path), ` ${operation.summary} `,
      make("span", { className: "quiet" }, operation["x-allow"].join(", "))), content);
  block.addEventListener("toggle", () => {
    if (block.open && !content.hasChildNodes()) {
      content.append(...describe(operation).filter(Boolean), tryForm(path, method, operation));
    }
  });
  return block;
}

/* What a tag says: a line beside its name, then paragraphs and examples. */
function sectionOf(tag) {
  const [text, ...examples] = (tag.description || "").split("```");
  const [first, ...paragraphs] = text.trim().split(/\n{2,}/);
  return make("section", {}, make("h2", {}, tag.name, " ", make("small", {}, first)),
    ...paragraphs.map((paragraph) => make("p", { className: "quiet" }, paragraph)),
    ...examples.filter((part) => part.trim()).map((part) => make("pre", {}, part.trim())));
}

function show() {
  document.getElementById("title").textContent = `${api.info.title} ${api.info.version}`;
  document.getElementById("summary").textContent = api.info.summary;
  const sections = new Map(api.tags.map((tag) => [tag.name, sectionOf(tag)]));
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((m) => item[m])) {
      sections.get(item[method].tags[0]).append(operationBlock(path, method, item[method]));
    }
  }
  document.getElementById("operations").replaceChildren(...sections.values());
  if (location.hash) document.getElementById(location.hash.slice(1))?.setAttribute("open", "");
}

function filter(event) {
  const word = event.target.value.toLowerCase();
  for (const block of document.querySelectorAll("details")) {
    block.hidden = !block.firstChild.textContent.toLowerCase().includes(word);
  }
}

async function start() {
  document.getElementById("sign-in").addEventListener("submit", signIn);
  document.getElementById("find").addEventListener("input", filter);
  try {
    api = await (await fetch("/openapi.json")).json();
    show();
  } catch (error) {
    document.getElementById("operations").textContent = `The document did not load: ${error.message}`;
  }
}

start();
