import { ParallaxError } from '@parallax/core';
import rhea, { type Connection, type Sender } from 'rhea';
import type { Clock } from './clock.ts';
import type { SimMessage } from './events.ts';
import { LIMITS } from './limits.ts';
import type { MessageSink } from './sink.ts';

export interface AmqpSinkOptions {
  /** `amqp://host:port` */
  readonly url: string;
  /** A multicast address: each queue on it gets every message. Queues must exist before (see `startBridge` in packages/pipeline). */
  readonly address: string;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/**
 * Sends durable AMQP 1.0 messages whose message id is the event id and whose creation time is the arrival time (the bridge may use it as the
 * record's time while history is made). A batch is done when the broker has settled each message; after a lost connection the unsettled ones
 * are sent again, which may duplicate some: the contract drops those by their event id.
 */
export function createAmqpSink(options: AmqpSinkOptions): MessageSink {
  let link: Promise<AmqpLink> | null = null;
  const send = async (batch: readonly SimMessage[], stampMs: ((message: SimMessage) => number) | null): Promise<void> => {
    let left: readonly SimMessage[] = batch;
    for (let attempt = 1; left.length > 0; attempt += 1) {
      options.signal?.throwIfAborted();
      try {
        link ??= AmqpLink.open(options);
        left = await (await link).sendAll(left, stampMs);
        if (left.length === 0) return;
      } catch (cause) {
        if (attempt >= LIMITS.produceAttemptsMax) {
          throw new ParallaxError('PRLX_SIM_AMQP', `cannot send to ${options.address} after ${attempt} tries`, { cause, retryable: true });
        }
      }
      await dispose(link);
      link = null;
      await options.clock.sleep(LIMITS.produceRetryMs * 2 ** (attempt - 1), options.signal);
    }
  };
  return { send, close: () => dispose(link) };
}

async function dispose(link: Promise<AmqpLink> | null): Promise<void> {
  const [opened] = await Promise.allSettled(link === null ? [] : [link]);
  if (opened?.status === 'fulfilled') opened.value.close();
}

/** One connection with one sender; useless after its first failure. */
class AmqpLink {
  readonly #connection: Connection;
  readonly #sender: Sender;
  readonly #unsettled = new Map<number, SimMessage>();
  #failure: Error | null = null;
  #wake: () => void = () => undefined;

  private constructor(connection: Connection, sender: Sender) {
    this.#connection = connection;
    this.#sender = sender;
    sender.on('sendable', () => this.#wake());
    sender.on('accepted', (context) => this.#settle(context.delivery?.id));
    sender.on('rejected', (context) => this.#fail(`rejected: ${String(context.delivery?.remote_state?.error?.description)}`));
    sender.on('released', () => this.#fail('released'));
    sender.on('modified', () => this.#fail('modified'));
    sender.on('sender_close', () => this.#fail('the broker closed the link'));
    connection.on('disconnected', () => this.#fail('the connection was lost'));
    connection.on('connection_close', () => this.#fail('the connection was closed'));
  }

  static async open(options: AmqpSinkOptions): Promise<AmqpLink> {
    const { hostname, port } = new URL(options.url);
    const container = rhea.create_container({ id: `parallax-simulator-${options.address}` });
    const connection = container.connect({ host: hostname, port: Number(port || 5672), reconnect: false });
    const { promise, resolve, reject } = Promise.withResolvers<AmqpLink>();
    const sender = connection.open_sender({ target: { address: options.address, capabilities: ['topic'] }, snd_settle_mode: 0 });
    const broken = (what: string) => reject(new ParallaxError('PRLX_SIM_AMQP', `${what} at ${options.url}`, { retryable: true }));
    connection.on('disconnected', () => broken('the connection was lost'));
    connection.on('connection_error', () => broken('the broker refused the connection'));
    sender.on('sender_error', () => broken(`the broker refused the address ${options.address}`));
    sender.once('sender_open', () => resolve(new AmqpLink(connection, sender)));
    return promise;
  }

  /** Sends and waits for every outcome; returns those that must be sent again because the link failed. */
  async sendAll(batch: readonly SimMessage[], stampMs: ((message: SimMessage) => number) | null): Promise<readonly SimMessage[]> {
    let next = 0;
    while (this.#failure === null && (next < batch.length || this.#unsettled.size > 0)) {
      while (next < batch.length && this.#sender.sendable() && this.#unsettled.size < LIMITS.amqpUnsettledMax) {
        const message = batch[next] as SimMessage;
        next += 1;
        this.#unsettled.set(this.#sender.send(encode(message, stampMs), undefined, 0).id, message);
      }
      await this.#change();
    }
    const again = [...this.#unsettled.values(), ...batch.slice(next)];
    this.#unsettled.clear();
    return again;
  }

  close(): void {
    this.#connection.removeAllListeners('disconnected');
    this.#connection.on('disconnected', () => undefined);
    this.#connection.close();
  }

  #settle(id: number | undefined): void {
    if (id !== undefined) this.#unsettled.delete(id);
    if (this.#unsettled.size === 0 || this.#sender.sendable()) this.#wake();
  }

  #fail(what: string): void {
    this.#failure ??= new ParallaxError('PRLX_SIM_AMQP', what, { retryable: true });
    this.#wake();
  }

  /** Resolves at the next outcome, credit or failure; a broker that stays silent too long counts as a failure. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      const stall = setTimeout(() => this.#fail('no credit and no outcome in time'), LIMITS.amqpStallMs);
      this.#wake = () => {
        clearTimeout(stall);
        this.#wake = () => undefined;
        resolve();
      };
      if (this.#failure !== null) this.#wake();
    });
  }
}

/** The AMQP message in its wire form (format 0). */
function encode(message: SimMessage, stampMs: ((message: SimMessage) => number) | null): Buffer {
  return rhea.message.encode({
    message_id: message.eventId,
    durable: true,
    content_type: 'application/json',
    ...(stampMs === null ? {} : { creation_time: Math.floor(stampMs(message)) }),
    body: rhea.message.data_section(message.payload ?? Buffer.alloc(0)),
  });
}
