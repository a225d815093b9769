import { ParallaxError } from '@parallax/core';
import rhea, { type Connection, type Delivery, type Receiver } from 'rhea';
import { BRIDGE_LIMITS } from './bridge-limits.ts';
import { type BridgedRecord, bridgeMessage } from './bridge-message.ts';

/** A message that the queue handed over and that is not settled yet. */
export interface Unsettled extends BridgedRecord {
  readonly delivery: Delivery;
}

export interface LinkOptions {
  readonly url: string;
  /** `address::queue`: a durable queue of this side on a multicast address. */
  readonly source: string;
  readonly onMessage: (message: Unsettled) => void;
}

/** One attachment to the queue; ends at its first failure. Settling is the caller's, credit too. */
export interface BridgeLink {
  /** Resolves with the reason when the attachment has ended; never rejects. */
  readonly ended: Promise<string>;
  readonly addCredit: (messages: number) => void;
  /** Closes the connection; what is not settled goes back to the queue. Never detaches, which could end a durable subscription. */
  readonly close: () => void;
}

/**
 * Connects and attaches; creates the durable queue where the broker creates queues by use. Resolves once the broker has attached the link, so
 * the queue then keeps every later message.
 * @throws ParallaxError PRLX_BRIDGE_AMQP (retryable)
 */
export async function openBridgeLink(options: LinkOptions): Promise<BridgeLink> {
  const { hostname, port, username, password, protocol } = new URL(options.url);
  const container = rhea.create_container({ id: `parallax-bridge-${options.source}` });
  const tls = protocol === 'amqps:';
  const connection = container.connect({
    host: hostname,
    port: Number(port || (tls ? 5671 : 5672)),
    ...(tls ? { transport: 'tls' as const } : {}),
    ...(username === '' ? {} : { username: decodeURIComponent(username), password: decodeURIComponent(password) }),
    reconnect: false,
  });
  const receiver = connection.open_receiver({
    source: { address: options.source, capabilities: ['topic'], durable: 2, expiry_policy: 'never' },
    credit_window: 0,
    autoaccept: false,
    autosettle: true,
  });
  const ended = whenEnded(connection, receiver);
  receiver.on('message', ({ message, delivery }) => {
    if (message === undefined || delivery === undefined) return;
    options.onMessage({ ...bridgeMessage({ ...message }), delivery });
  });
  await attached(receiver, ended, options);
  return { ended, addCredit: (messages) => receiver.add_credit(messages), close: () => connection.close() };
}

function whenEnded(connection: Connection, receiver: Receiver): Promise<string> {
  return new Promise((resolve) => {
    receiver.on('receiver_error', () => resolve(`the broker ended the link: ${String(receiver.error)}`));
    receiver.on('receiver_close', () => resolve('the broker closed the link'));
    connection.on('connection_error', () => resolve(`the broker ended the connection: ${String(connection.error)}`));
    connection.on('connection_close', () => resolve('the connection was closed'));
    connection.on('disconnected', (context) => resolve(`the connection was lost: ${String(context.error ?? 'no reason given')}`));
    // Without a listener rhea throws these out of its socket handler.
    connection.on('protocol_error', (error) => resolve(`protocol error: ${String(error)}`));
    connection.on('error', (error) => resolve(`error: ${String(error)}`));
  });
}

async function attached(receiver: Receiver, ended: Promise<string>, options: LinkOptions): Promise<void> {
  const failed = (what: string) =>
    new ParallaxError('PRLX_BRIDGE_AMQP', `cannot attach to ${options.source} at ${new URL(options.url).host}: ${what}`, {
      retryable: true,
      advice: 'Is the message broker running, and may this user read (and create) the queue?',
    });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(failed('no answer in time')), BRIDGE_LIMITS.attachMsMax);
  // An address that the broker refuses is attached with a null source first, then closed.
  receiver.once('receiver_open', () => {
    if (receiver.source?.address !== undefined && receiver.source.address !== null) resolve();
  });
  ended.then((what) => reject(failed(what)));
  try {
    await promise;
  } catch (error) {
    receiver.connection.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
