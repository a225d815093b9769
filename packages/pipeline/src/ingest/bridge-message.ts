import { BRIDGE_LIMITS } from './bridge-limits.ts';

/** What the bridge needs of a received AMQP 1.0 message, as rhea decodes it. */
export interface AmqpMessage {
  readonly message_id?: unknown;
  readonly creation_time?: unknown;
  readonly body?: unknown;
}

/** What goes to Kafka: the message id as record key, the payload as value. */
export interface BridgedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** The sender's creation time, ms since 1970, when it has one. */
  readonly createdMs: number | null;
  /** The body was neither bytes nor text: its value is null, which the contract counts as invalid (`json`). */
  readonly unsupported: boolean;
}

const DATA_SECTION = 0x75;

/**
 * The record of a message. Bytes pass unchanged, but for a payload past 1 MiB, whose first 1 MiB and one byte are enough for the contract
 * to call it `too_large`. A message without id has a null key.
 */
export function bridgeMessage(message: AmqpMessage): BridgedRecord {
  const id = idText(message.message_id);
  const payload = payloadOf(message.body);
  const created = message.creation_time;
  return {
    key: id === null ? null : Buffer.from(id),
    value: payload === null ? null : payload.subarray(0, BRIDGE_LIMITS.payloadBytesMax),
    createdMs: created instanceof Date ? created.getTime() : typeof created === 'number' ? created : null,
    unsupported: payload === null,
  };
}

/** AMQP allows text, ulong, uuid and binary ids; uuid and binary come as bytes and are written in hex. */
function idText(id: unknown): string | null {
  if (typeof id === 'string') return id;
  if (typeof id === 'number' || typeof id === 'bigint') return String(id);
  if (Buffer.isBuffer(id)) return id.toString('hex');
  return null;
}

function payloadOf(body: unknown): Buffer | null {
  if (typeof body === 'string') return Buffer.from(body);
  if (Buffer.isBuffer(body)) return body;
  if (typeof body !== 'object' || body === null || !('typecode' in body) || !('content' in body)) return null;
  if (body.typecode !== DATA_SECTION) return null;
  if (Array.isArray(body.content)) return body.content.every((part) => Buffer.isBuffer(part)) ? Buffer.concat(body.content) : null;
  return Buffer.isBuffer(body.content) ? body.content : null;
}
