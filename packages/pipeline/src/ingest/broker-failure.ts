import { formatSecond, type Micros, ParallaxError, type Seal } from '@parallax/core';
import { SparkError, type SparkErrorCause } from '@parallax/spark-connect';

/** What Kafka's own clients try again: time-outs, brokers that are away, leaders that move. */
const KAFKA_RETRIABLE = 'org.apache.kafka.common.errors.RetriableException';

/** What `prlx_topic` says of an offset that its log has lost. */
const GONE = /PRLX_TOPIC: topic (\S+), partition (\d+): offset (\d+) is gone/;

const NO_WAY_ON =
  'It cannot be computed without them, nor can this state be continued past it: begin a new --state folder, with --from a minute that the topics still hold; the old one keeps its results. Let topics keep their messages (retention.ms) for longer than a run may be away.';

/**
 * What a statement of Spark that failed says of the brokers that it read for `minute`: PRLX_BROKER, which may pass, when they did not answer; PRLX_TOPIC, which
 * does not, when messages that the minute was sealed with are gone. An error of any other kind is given back as it is.
 */
export function brokerFailure(error: unknown, minute: Micros, seal: Seal | null): unknown {
  if (!(error instanceof SparkError)) return error;
  const gone = error.causes.findLast(isGone);
  if (gone !== undefined) {
    return new ParallaxError('PRLX_TOPIC', goneText(gone.message, minute, seal), { cause: error, advice: NO_WAY_ON });
  }
  const away = error.causes.findLast(isAway);
  if (away === undefined) return error;
  const what = /PRLX_BROKER: ([^\n]*)/.exec(away.message)?.[1] ?? firstLine(away.message);
  return new ParallaxError('PRLX_BROKER', `Spark could not read the messages of ${formatSecond(minute)} from Kafka: ${what}`, {
    cause: error,
    retryable: true,
    advice: 'Check that the brokers run, and that Spark reaches them at the bootstrap address.',
  });
}

/** `prlx_topic` says so; Spark's own Kafka source, which reads the few messages again that only their payloads order, has a class for it. */
function isGone({ message, errorClass }: SparkErrorCause): boolean {
  return GONE.test(message) || errorClass?.startsWith('KAFKA_DATA_LOSS') === true;
}

function isAway({ message, classes }: SparkErrorCause): boolean {
  const noRecord = classes.includes('java.util.concurrent.TimeoutException') && message.startsWith('Cannot fetch record for offset');
  return message.includes('PRLX_BROKER: ') || classes.includes(KAFKA_RETRIABLE) || noRecord;
}

function goneText(message: string, minute: Micros, seal: Seal | null): string {
  const [, topic, partition, offset] = GONE.exec(message) ?? [];
  const what = `messages that the minute ${formatSecond(minute)} was sealed with are gone`;
  const stream = seal?.streams.find((each) => each.kind === 'topic' && each.topic === topic);
  if (stream?.kind !== 'topic') return `${what}: ${firstLine(message)}`;
  const range = stream.ranges.find((each) => each.partition === Number(partition));
  const of = range === undefined ? '' : `, of the offsets ${range.from} to ${range.to - 1}`;
  return `${what}: stream ${stream.stream}, topic ${topic}, partition ${partition} has lost offset ${offset}${of}`;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
