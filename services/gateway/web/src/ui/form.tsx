// form.tsx - a form made of an operation: its fields, their bounds and what is required come from the API's document.
// It checks what can be checked before sending, shows refusals at their fields, and never sends twice. Within a One that
// shows what it changes, it changes that version alone, and begins anew with another.
import type { ComponentChildren } from 'preact';
import { useId, useMemo, useState } from 'preact/hooks';
import { call, Problem, type FieldError } from '../api/client';
import type { Answer, Body, Field, Operation, OperationId, Path } from '../api/types';
import { type Key, t, word } from '../i18n';
import { readDecimal } from '../money';
import { readTime, typeTime } from '../time';
import { useSeen } from './one';
import { problemText, toast } from './toast';

export type Values = Record<string, unknown>;

/** What differs from what the document says. */
export interface FieldOptions {
  label?: Key;
  hint?: Key;
  /** Value and text of each choice; a function where they are loaded. */
  choices?: [string, string][] | (() => [string, string][]);
  multiline?: boolean;
  /** Not shown; sent as `initial` has it. */
  hidden?: boolean;
}

const MULTILINE_FROM = 500;

/** Of the API's own values, which `initial` has, and of what was typed. */
const momentOf = (text: string) => (text.endsWith('Z') ? text : readTime(text));

/** `a.b` of nested values. */
const at = (values: Values, name: string): unknown =>
  name.split('.').reduce<unknown>((node, part) => (node as Values | undefined)?.[part], values);

function withValue(values: Values, name: string, value: unknown): Values {
  const [first, ...rest] = name.split('.');
  return {
    ...values,
    [first!]: rest.length ? withValue((values[first!] as Values) ?? {}, rest.join('.'), value) : value,
  };
}

/** The body as the API takes it: nothing that was left empty, decimals as it writes them. */
export function bodyOf(fields: Field[], values: Values): Values {
  const body: Values = {};
  for (const field of fields) {
    const value = values[field.name];
    if (field.kind === 'object' && field.fields?.length) {
      const inner = bodyOf(field.fields, (value as Values) ?? {});
      if (Object.keys(inner).length) body[field.name] = inner;
    } else if (value === undefined || value === '' || value === null) continue;
    else if (field.kind === 'decimal') body[field.name] = readDecimal(String(value)) ?? value;
    else if (field.kind === 'integer') body[field.name] = Number.parseInt(String(value), 10);
    else if (field.kind === 'date-time') body[field.name] = momentOf(String(value));
    else if (field.kind === 'list' && typeof value === 'string')
      body[field.name] = value
        .split(/[\n,]/)
        .map((item) => item.trim())
        .filter(Boolean);
    else body[field.name] = value;
  }
  return body;
}

/** What is wrong with a value before it is sent; undefined: nothing that one can see here. */
function fault(field: Field, value: unknown): string | undefined {
  const text = value === undefined || value === null ? '' : String(value);
  if (text === '') return field.required && field.kind !== 'boolean' ? t('form.required') : undefined;
  if (field.kind === 'decimal' && readDecimal(text) === undefined) return t('form.decimal');
  if (field.kind === 'integer' && !/^-?\d+$/.test(text)) return t('form.integer');
  if (field.kind === 'email' && !/^[^@\s]+@[^@\s]+$/.test(text)) return t('form.email');
  if (field.maxLength !== undefined && text.length > field.maxLength)
    return t('form.tooLong', { max: field.maxLength });
  if (field.minLength !== undefined && text.length < field.minLength)
    return t('form.tooShort', { min: field.minLength });
  if (field.kind !== 'integer') return patternFault(field, text);
  if (field.minimum !== undefined && Number(text) < field.minimum)
    return t('form.min', { min: field.minimum });
  if (field.maximum !== undefined && Number(text) > field.maximum)
    return t('form.max', { max: field.maximum });
  return undefined;
}

const patternFault = (field: Field, text: string) =>
  field.pattern && !new RegExp(field.pattern, 'u').test(text) ? t('form.pattern') : undefined;

interface Leaf {
  name: string;
  field: Field;
}

/** The fields that are entered, those of nested objects by their dotted names. */
function leaves(fields: Field[], prefix = ''): Leaf[] {
  return fields.flatMap((field) =>
    field.kind === 'object'
      ? leaves(field.fields ?? [], `${prefix}${field.name}.`)
      : [{ name: prefix + field.name, field }],
  );
}

interface InputProps {
  leaf: Leaf;
  options: FieldOptions;
  value: unknown;
  error: string | undefined;
  onChange: (value: unknown) => void;
}

const INPUT_TYPES: Partial<Record<Field['kind'], 'email' | 'password' | 'date' | 'datetime-local'>> = {
  email: 'email',
  password: 'password',
  date: 'date',
  'date-time': 'datetime-local',
};

const choicesOf = (field: Field) =>
  field.choices?.map((choice): [string, string] => [String(choice), word('value', String(choice))]);

/** Several of a few: a box for each. */
function Several({ field, name, value, onChange }: Pick<InputProps, 'value' | 'onChange'> & Leaf) {
  const taken = new Set((value as string[] | undefined) ?? []);
  return (
    <div class="several">
      {choicesOf(field.item!)!.map(([choice, label]) => (
        <label key={choice}>
          <input
            type="checkbox"
            name={name}
            checked={taken.has(choice)}
            onChange={(event) => {
              if (event.currentTarget.checked) taken.add(choice);
              else taken.delete(choice);
              onChange([...taken]);
            }}
          />
          {label}
        </label>
      ))}
    </div>
  );
}

function Control({
  leaf: { field, name },
  options,
  value,
  onChange,
  ...rest
}: Omit<InputProps, 'error'> & Record<string, unknown>) {
  const given = {
    ...rest,
    name,
    required: field.required && field.kind !== 'boolean',
    onChange: undefined,
  };
  const entered = value === undefined || value === null ? '' : String(value);
  const text = field.kind === 'date-time' && entered.endsWith('Z') ? typeTime(entered) : entered;
  const typed = (event: Event) => onChange((event.target as HTMLInputElement).value);
  const own = typeof options.choices === 'function' ? options.choices() : options.choices;
  const choices = own ?? choicesOf(field);
  if (choices)
    return (
      <select {...given} value={text} onChange={typed}>
        {(!field.required || text === '') && (
          <option value="">{field.required ? t('form.choose') : '–'}</option>
        )}
        {choices.map(([choice, label]) => (
          <option key={choice} value={choice}>
            {label}
          </option>
        ))}
      </select>
    );
  if (field.kind === 'boolean')
    return (
      <input
        {...given}
        type="checkbox"
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  if (
    options.multiline ??
    (field.kind === 'list' || (field.kind === 'text' && (field.maxLength ?? 0) >= MULTILINE_FROM))
  )
    return <textarea {...given} rows={3} value={text} onInput={typed} />;
  return (
    <input
      {...given}
      type={(INPUT_TYPES[field.kind] ?? 'text') as 'text'}
      inputMode={field.kind === 'decimal' ? 'decimal' : field.kind === 'integer' ? 'numeric' : undefined}
      autoComplete={field.kind === 'password' ? 'new-password' : 'off'}
      class={field.kind === 'decimal' || field.kind === 'integer' ? 'number' : undefined}
      value={text}
      onInput={typed}
    />
  );
}

export function Input({ leaf, options, value, error, onChange }: InputProps) {
  const id = useId();
  const described = [error && `${id}-error`, options.hint && `${id}-hint`].filter(Boolean).join(' ');
  const parts = leaf.name.split('.');
  const label = (options.label && t(options.label)) ?? parts.map((part) => word('field', part)).join(' ');
  if (leaf.field.item?.choices)
    return (
      <fieldset class="field">
        <legend>{label}</legend>
        <Several {...leaf} value={value} onChange={onChange} />
        {error && <p class="error">{error}</p>}
      </fieldset>
    );
  return (
    <div class={`field ${leaf.field.kind}`}>
      <label for={id}>
        {label}
        {!leaf.field.required && leaf.field.kind !== 'boolean' && (
          <span class="optional"> {t('form.optional')}</span>
        )}
      </label>
      <Control
        id={id}
        leaf={leaf}
        options={options}
        value={value}
        onChange={onChange}
        aria-invalid={error ? 'true' : undefined}
        aria-describedby={described || undefined}
      />
      {options.hint && (
        <p class="hint" id={`${id}-hint`}>
          {t(options.hint)}
        </p>
      )}
      {error && (
        <p class="error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

export interface FormProps<Id extends OperationId> {
  operation: Operation<Id>;
  path?: Path<Id>;
  initial?: Values;
  fields?: Record<string, FieldOptions>;
  /** The order of fields, where the document's is not the best; those not named are left out. */
  order?: string[];
  submit: string;
  danger?: boolean;
  /** Drawn between fields and button, from what has been entered so far. */
  preview?: (values: Values) => ComponentChildren;
  done: (answer: Answer<Id>) => void;
}

function shownLeaves(
  fields: Field[],
  order: string[] | undefined,
  options: Record<string, FieldOptions>,
): Leaf[] {
  const all = leaves(fields);
  const ordered = order ? order.flatMap((name) => all.filter((leaf) => leaf.name === name)) : all;
  return ordered.filter((leaf) => !options[leaf.name]?.hidden);
}

/** Refusals that are about a field here, and what is left to say above the button. */
function sortErrors(error: Problem, shown: Leaf[]) {
  const errors: Record<string, string> = {};
  const rest: FieldError[] = [];
  for (const one of error.errors)
    if (shown.some((leaf) => leaf.name === one.field)) errors[one.field] = one.message;
    else rest.push(one);
  const told = error.errors.length > 0 && rest.length === 0;
  return { errors, message: told ? '' : problemText(error) };
}

function focusFault(form: HTMLFormElement, [name]: string[]): void {
  if (name) form.querySelector<HTMLElement>(`[name="${name}"]`)?.focus();
}

export function Form<Id extends OperationId>(props: FormProps<Id>) {
  const seen = useSeen(props.operation);
  return <FormOf key={seen?.version} {...props} seen={seen} />;
}

type Seen = ReturnType<typeof useSeen>;

function FormOf<Id extends OperationId>(props: FormProps<Id> & { seen: Seen }) {
  const { operation, seen, fields: options = {} } = props;
  const shown = useMemo(() => shownLeaves(operation.body, props.order, options), [operation, props.order]);
  const [values, setValues] = useState<Values>(() => {
    const defaults = Object.fromEntries(
      operation.body.flatMap((field) => (field.default === undefined ? [] : [[field.name, field.default]])),
    );
    return { ...defaults, ...props.initial };
  });
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [message, setMessage] = useState('');
  const [busy, setBusy] = useState(false);
  const [waiting, setWaiting] = useState(false);
  const [isOutdated, setOutdated] = useState(false);
  const [key, setKey] = useState(() => crypto.randomUUID());

  const change = (name: string, value: unknown) => {
    setValues((before) => withValue(before, name, value));
    setErrors(({ [name]: _, ...others }) => others);
    setKey(crypto.randomUUID());
  };

  const send = async (form: HTMLFormElement) => {
    const body = operation.body.length ? { body: bodyOf(operation.body, values) as Body<Id> } : {};
    const unknown = () => setWaiting(true);
    try {
      const given = {
        ...body,
        ...(props.path && { path: props.path }),
        ...(seen?.version && { version: seen.version }),
      };
      props.done(await call(operation, { ...given, key, unknown }));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // A refusal is the answer of its key; what is not known yet must be found by the same one.
      if (!['OFFLINE', 'OUTCOME_PENDING'].includes(error.code)) setKey(crypto.randomUUID());
      if (error.code === 'APPROVAL_REQUIRED') {
        toast('waiting', problemText(error));
        props.done(undefined as Answer<Id>);
        return;
      }
      setOutdated(error.code === 'VERSION_CONFLICT');
      const sorted = sortErrors(error, shown);
      setErrors(sorted.errors);
      setMessage(sorted.message);
      focusFault(form, Object.keys(sorted.errors));
    } finally {
      setWaiting(false);
    }
  };

  const submit = async (event: Event) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const found = shown.flatMap((leaf) => {
      const wrong = fault(leaf.field, at(values, leaf.name));
      return wrong ? [[leaf.name, wrong] as const] : [];
    });
    setErrors(Object.fromEntries(found));
    setMessage('');
    if (found.length) {
      focusFault(
        form,
        found.map(([name]) => name),
      );
      return;
    }
    setBusy(true);
    await send(form).finally(() => setBusy(false));
  };

  return (
    <form class="form" noValidate onSubmit={(event) => void submit(event)}>
      {shown.map((leaf) => (
        <Input
          key={leaf.name}
          leaf={leaf}
          options={options[leaf.name] ?? {}}
          value={at(values, leaf.name)}
          error={errors[leaf.name]}
          onChange={(value) => change(leaf.name, value)}
        />
      ))}
      {props.preview?.(values)}
      {waiting && (
        <p class="notice" role="status">
          {t('toast.unknown')}
        </p>
      )}
      {message && (
        <p class="refusal" role="alert">
          {message}
        </p>
      )}
      {isOutdated && seen && (
        <button type="button" onClick={seen.reload}>
          {t('form.loadAnew')}
        </button>
      )}
      <footer>
        <button type="submit" class={props.danger ? 'danger' : 'primary'} disabled={busy} aria-busy={busy}>
          {props.submit}
        </button>
      </footer>
    </form>
  );
}
