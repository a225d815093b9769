import type { SentCounts } from '@parallax/simulator';

/** What the bench tells its generator, and what it answers: messages between two of our own processes. */

export interface GeneratorSettings {
  readonly kafka: string;
  readonly amqp: string;
  readonly postgres: string;
  readonly cassandra: string;
  readonly customers: number;
  readonly seed: number;
}

/** One flow of events: the same enterprise at some rate; flows of different seeds send different events. */
export interface Flow {
  readonly seed: number;
  /** Events a second of the three streams together. */
  readonly rate: number;
  /** Customers that events come from: numbers 1 to this. */
  readonly customers: number;
}

export type Order =
  | { readonly kind: 'load'; readonly day: string; readonly completedAtUs: number }
  /** Simulated past, stamped with its arrival. */
  | { readonly kind: 'history'; readonly flow: Flow; readonly fromUs: number; readonly toUs: number }
  /** At the clock's pace from now on, until it is stopped. */
  | { readonly kind: 'start'; readonly name: string; readonly flow: Flow }
  | { readonly kind: 'stop'; readonly name: string };

export type Answer =
  | { readonly kind: 'ready'; readonly environment: Readonly<Record<string, string>> }
  | { readonly kind: 'done'; readonly id: number; readonly sent: SentCounts }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

export interface NumberedOrder {
  readonly id: number;
  readonly order: Order;
}
