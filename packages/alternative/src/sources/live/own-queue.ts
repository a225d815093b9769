import { setTimeout as delay } from 'node:timers/promises';
import { ParallaxError } from '@parallax/core';
import rhea, { type Connection, type Delivery, type Receiver } from 'rhea';
import { ATTACH_MS_MAX, BACK_OFF_MS, BACK_OFF_MS_MAX, QUEUE_CREDIT, QUEUE_GATHER_MS } from './limits.ts';
import type { QueueJournal } from './queue-journal.ts';
import { type QueueMessage, queueMessage } from './queue-message.ts';

export interface OwnQueueOptions {
  /** `amqp://host:port` or `amqps://user:password@host:port` */
  readonly url: string;
  /** A multicast address. */
  readonly address: string;
  /** This side's own durable queue on it. */
  readonly queue: string;
  readonly journal: QueueJournal;
  readonly now: () => number;
  /** Told of what this side survives: a lost connection, a broker that is away. */
  readonly note: (text: string) => void;
}

interface Waiting {
  readonly message: QueueMessage;
  readonly delivery: Delivery;
}

/**
 * This side's own subscription to an address (not the bridge's output): everything that its durable queue hands over goes to the journal, and is
 * accepted when it is on disk. Attaches again whenever the connection is lost.
 */
export class OwnQueue {
  readonly #options: OwnQueueOptions;
  readonly #stopping = new AbortController();
  #connection: Connection | null = null;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #loop: Promise<void> = Promise.resolve();
  #arrivals: (() => void)[] = [];
  /** Settles when the journal can be written no more. */
  #failure: unknown = null;

  constructor(options: OwnQueueOptions) {
    this.#options = options;
  }

  /** Resolves when the queue exists: what is sent from then on is kept. Throws PRLX_ALTERNATIVE_AMQP (retryable). */
  async start(): Promise<void> {
    const { ended } = await this.#attach();
    this.#loop = this.#stayAttached(ended);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#connection?.close();
    await this.#loop;
    await this.#writing;
  }

  /** Resolves when more messages have come, or after `ms`. Throws when the journal could not be written. */
  async arrival(ms: number): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#arrivals.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async #stayAttached(first: Promise<string>): Promise<void> {
    let ended = first;
    for (let attempt = 0; ; attempt++) {
      const reason = await ended;
      if (this.#stopping.signal.aborted) return;
      this.#options.note(`the verifier's queue ${this.#options.queue}: ${reason}; attaching again`);
      await delay(Math.min(BACK_OFF_MS * 2 ** Math.min(attempt, 10), BACK_OFF_MS_MAX), undefined, { signal: this.#stopping.signal }).catch(
        () => undefined,
      );
      if (this.#stopping.signal.aborted) return;
      try {
        ({ ended } = await this.#attach());
        attempt = 0;
      } catch (error) {
        if (!(error instanceof ParallaxError)) throw error;
        ended = Promise.resolve(error.message);
      }
    }
  }

  /** `ended` resolves with the reason when the attachment has ended. */
  async #attach(): Promise<{ readonly ended: Promise<string> }> {
    const { url, address, queue } = this.#options;
    const { hostname, port, username, password, protocol } = new URL(url);
    const secure = protocol === 'amqps:';
    const connection = rhea.create_container({ id: `parallax-alternative-${queue}` }).connect({
      host: hostname,
      port: Number(port || (secure ? 5671 : 5672)),
      ...(secure ? { transport: 'tls' as const } : {}),
      ...(username === '' ? {} : { username: decodeURIComponent(username), password: decodeURIComponent(password) }),
      reconnect: false,
    });
    const receiver = connection.open_receiver({
      source: { address: `${address}::${queue}`, capabilities: ['topic'], durable: 2, expiry_policy: 'never' },
      credit_window: QUEUE_CREDIT,
      autoaccept: false,
      autosettle: true,
    });
    this.#connection = connection;
    this.#waiting = [];
    const ended = endOf(connection, receiver);
    receiver.on('message', ({ message, delivery }) => {
      if (message === undefined || delivery === undefined) return;
      this.#waiting.push({ message: queueMessage({ ...message }), delivery });
      this.#writing ??= this.#write().finally(() => {
        this.#writing = null;
      });
    });
    await this.#opened(receiver, ended);
    return { ended };
  }

  async #opened(receiver: Receiver, ended: Promise<string>): Promise<void> {
    const { queue, url } = this.#options;
    const timeout = new AbortController();
    const late = delay(ATTACH_MS_MAX, 'no answer in time', { signal: timeout.signal }).catch(() => '');
    const open = new Promise<string | null>((resolve) => {
      // An address that the broker refuses is attached without a source first, and closed then.
      receiver.once('receiver_open', () => {
        if (receiver.source?.address != null) resolve(null);
      });
    });
    const failure = await Promise.race([open, ended, late]);
    timeout.abort();
    if (failure === null) return;
    receiver.connection.close();
    throw new ParallaxError('PRLX_ALTERNATIVE_AMQP', `cannot attach to the queue ${queue} at ${new URL(url).host}: ${failure}`, {
      retryable: true,
      advice: 'Is the message broker running, and may this user read (and create) the queue?',
    });
  }

  /** Journals what waits, batch by batch, and accepts it. */
  async #write(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        // What comes in a moment goes to disk at once: a sync costs as much for one message as for dozens.
        await delay(QUEUE_GATHER_MS);
        const batch = this.#waiting.splice(0);
        await this.#options.journal.add(
          batch.map(({ message }) => message),
          this.#options.now(),
        );
        // On a link that is gone this does nothing: the queue hands them over again, and the ids are the same.
        for (const { delivery } of batch) delivery.accept();
        for (const arrived of this.#arrivals.splice(0)) arrived();
      }
    } catch (error) {
      this.#failure = error;
      for (const arrived of this.#arrivals.splice(0)) arrived();
    }
  }
}

function endOf(connection: Connection, receiver: Receiver): Promise<string> {
  return new Promise((resolve) => {
    receiver.on('receiver_error', () => resolve(`the broker ended the link: ${String(receiver.error)}`));
    receiver.on('receiver_close', () => resolve('the broker closed the link'));
    connection.on('connection_error', () => resolve(`the broker ended the connection: ${String(connection.error)}`));
    connection.on('connection_close', () => resolve('the connection was closed'));
    connection.on('disconnected', (context) => resolve(`the connection was lost: ${String(context.error ?? 'no reason given')}`));
    connection.on('protocol_error', (error) => resolve(`protocol error: ${String(error)}`));
    connection.on('error', (error) => resolve(`error: ${String(error)}`));
  });
}
