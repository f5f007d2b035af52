// types.ts - what the generated types of the API say of one operation.
import type { operations } from './generated/schema';

export type { components, ProblemCode } from './generated/schema';

export type OperationId = keyof operations;
export type Role = 'user' | 'operator' | 'admin' | 'auditor';

export interface Field {
  name: string;
  kind:
    | 'text'
    | 'decimal'
    | 'integer'
    | 'boolean'
    | 'choice'
    | 'uuid'
    | 'email'
    | 'password'
    | 'date'
    | 'date-time'
    | 'object'
    | 'list';
  required?: boolean;
  nullable?: boolean;
  choices?: (string | number)[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  default?: string | number | boolean;
  fields?: Field[];
  item?: Field;
}

/** An operation of the API, as the document has it. Its `Id` brings the types of all that it takes and answers. */
export interface Operation<Id extends OperationId = OperationId> {
  id: Id;
  method: string;
  path: string;
  allow: (Role | 'public')[];
  idempotent?: boolean;
  /** Of a change that takes If-Match: what reads the thing that it is made to, with its version. */
  of?: Operation<any>;
  query: Field[];
  body: Field[];
}

type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : never;
type Responses<Id extends OperationId> = operations[Id]['responses'];

export type Answer<Id extends OperationId> = {
  [Status in keyof Responses<Id>]: Status extends 200 | 201 ? Json<Responses<Id>[Status]> : never;
}[keyof Responses<Id>];
export type Body<Id extends OperationId> = operations[Id] extends { requestBody?: infer Request }
  ? Json<NonNullable<Request>>
  : never;
export type Path<Id extends OperationId> = operations[Id]['parameters']['path'];
export type Query<Id extends OperationId> = operations[Id]['parameters']['query'];

/** The rows of an operation that answers a list. */
export type Item<Id extends OperationId> = Answer<Id> extends { items: (infer Row)[] } ? Row : never;
