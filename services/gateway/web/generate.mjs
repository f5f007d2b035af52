// generate.mjs - what the page knows of the API, made of the OpenAPI document: the types of all that is sent and
// answered (schema.ts), and a value for each operation (operations.ts) with its address, who may call it, and the
// fields of its query and body with their bounds, from which forms and filters are built.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const here = dirname(fileURLToPath(import.meta.url));
const schemas = join(here, '../../../schemas');
const target = join(here, 'src/api/generated');
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

function readDocument() {
  const file = join(tmpdir(), `bourse-openapi-${process.pid}.json`);
  const sources = ['openapi.yaml', 'problem_codes.yaml'].map((name) => join(schemas, name));
  execFileSync('/usr/bin/python3', ['-B', join(schemas, 'openapi.py'), ...sources, file]);
  return JSON.parse(readFileSync(file, 'utf8'));
}

function resolve(document, node) {
  while (node && node.$ref)
    node = node.$ref
      .slice(2)
      .split('/')
      .reduce((at, step) => at[step], document);
  return node;
}

/** How a field is shown and entered. */
function kindOf(schema) {
  const types = [schema.type].flat();
  if (schema.enum) return 'choice';
  if (['decimal', 'uuid', 'email', 'password', 'date', 'date-time'].includes(schema.format))
    return schema.format;
  if (types.includes('object')) return 'object';
  if (types.includes('array')) return 'list';
  return types.find((type) => ['boolean', 'integer'].includes(type)) ?? 'text';
}

function field(document, name, given, required) {
  const schema = resolve(document, given);
  const made = { name, kind: kindOf(schema) };
  if (required) made.required = true;
  if ([schema.type].flat().includes('null')) made.nullable = true;
  for (const word of ['minLength', 'maxLength', 'minimum', 'maximum', 'pattern', 'default'])
    if (schema[word] !== undefined) made[word] = schema[word];
  if (schema.enum) made.choices = schema.enum.filter((choice) => choice !== null);
  if (made.kind === 'object') made.fields = fieldsOf(document, schema);
  if (made.kind === 'list' && schema.items) made.item = field(document, name, schema.items, true);
  return made;
}

function fieldsOf(document, schema) {
  return Object.entries(schema.properties ?? {}).map(([name, inner]) =>
    field(document, name, inner, (schema.required ?? []).includes(name)),
  );
}

/** What answers the thing that a change is made to, with its version: the GET of its address, or of the nearest above;
 * what the back office publishes is read where everybody reads it. */
function readerOf(document, path) {
  for (let at = path; at.includes('{'); at = at.slice(0, at.lastIndexOf('/')))
    for (const one of [at, at.replace('/admin/', '/')]) {
      const found = document.paths[one]?.get;
      if (found) return found.operationId;
    }
  return document.paths[path]?.get?.operationId;
}

function operation(document, method, path, given) {
  const parameters = (given.parameters ?? []).map((parameter) => resolve(document, parameter));
  const named = (name) => parameters.some((parameter) => parameter.name === name);
  const body = resolve(document, given.requestBody)?.content?.['application/json']?.schema;
  return {
    id: given.operationId,
    method: method.toUpperCase(),
    path,
    allow: given['x-allow'],
    ...(named('Idempotency-Key') && { idempotent: true }),
    ...(named('If-Match') && { of: readerOf(document, path) }),
    query: parameters
      .filter((parameter) => parameter.in === 'query')
      .map((parameter) => field(document, parameter.name, parameter.schema, parameter.required ?? false)),
    body: body ? fieldsOf(document, resolve(document, body)) : [],
  };
}

/** Reads come first, so that a change can name the one of its thing as a value. */
function lineOf({ of, ...made }) {
  const value = JSON.stringify(made).slice(0, -1) + (of ? `,"of":${of}}` : '}');
  return `export const ${made.id}: Operation<'${made.id}'> = ${value};`;
}

/** Numbers are read exactly on the other side, and decimals are strings here: no type is `number | string`. */
function decimalsAreStrings(schema) {
  return schema.format === 'decimal'
    ? { ...schema, type: [schema.type].flat().filter((type) => type !== 'number') }
    : undefined;
}

function asStrings(node) {
  if (Array.isArray(node)) return node.map(asStrings);
  if (node === null || typeof node !== 'object') return node;
  const made = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, asStrings(value)]));
  return decimalsAreStrings(made) ?? made;
}

function isFresh() {
  const made = join(target, 'operations.ts');
  const sources = ['openapi.yaml', 'openapi.py', 'problem_codes.yaml'].map((name) => join(schemas, name));
  return (
    existsSync(made) &&
    [...sources, fileURLToPath(import.meta.url)].every(
      (source) => statSync(source).mtimeMs <= statSync(made).mtimeMs,
    )
  );
}

async function main() {
  if (isFresh()) return;
  const document = readDocument();
  const made = METHODS.flatMap((method) =>
    Object.entries(document.paths)
      .filter(([, item]) => item[method])
      .map(([path, item]) => operation(document, method, path, item[method])),
  );
  const lines = ["import type { Operation } from '../types';", '', ...made.map(lineOf)];
  const codes = document['x-problem-codes'].map((row) => JSON.stringify(row.code)).join(' | ');
  mkdirSync(target, { recursive: true });
  writeFileSync(
    join(target, 'schema.ts'),
    `${astToString(await openapiTS(asStrings(document)))}\nexport type ProblemCode = ${codes};\n`,
  );
  writeFileSync(join(target, 'operations.ts'), lines.join('\n') + '\n');
}

await main();
