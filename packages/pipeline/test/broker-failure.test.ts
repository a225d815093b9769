import { ParallaxError, type Seal } from '@parallax/core';
import { SparkError, type SparkErrorCause } from '@parallax/spark-connect';
import { describe, expect, test } from 'vitest';
import { brokerFailure } from '../src/ingest/broker-failure.ts';
import { at, sealOf } from './support.ts';

/** Goal: a run repeats what may pass, and ends on what does not with a text that says what is lost. Method: Spark's errors as they come, by hand. */
const MINUTE = at('10:20');
const SEAL: Seal = sealOf('10:20', {
  streams: [
    { stream: 'care-desk', kind: 'file', sha256: 's' },
    {
      stream: 'network',
      kind: 'topic',
      topic: 'network-quality',
      topicId: 'T1',
      arrival: 'log',
      ranges: [
        { partition: 0, from: 0, to: 4 },
        { partition: 3, from: 100, to: 250 },
      ],
      lost: [],
    },
  ],
});

const caused = (message: string, more: Partial<SparkErrorCause> = {}): SparkErrorCause => ({
  message,
  classes: [],
  errorClass: undefined,
  ...more,
});

/** The error of a statement that writes what `prlx_topic` reads: the function's own text stands in the last cause. */
function sparkErrorOf(...causes: readonly SparkErrorCause[]): SparkError {
  const outer = caused('[TASK_WRITE_FAILED] Task failed while writing rows to file:/state.', { errorClass: 'TASK_WRITE_FAILED' });
  const parts = {
    message: outer.message,
    errorClass: 'TASK_WRITE_FAILED',
    sqlState: '58030',
    messageParameters: {},
    contexts: [],
    line: undefined,
  };
  return new SparkError({ ...parts, causes: [outer, ...causes] });
}

const udf = (text: string): readonly SparkErrorCause[] => [
  caused(`[FAILED_EXECUTE_UDF] User defined function failed due to: java.lang.IllegalArgumentException: ${text}. SQLSTATE: 39000`),
  caused(text, { classes: ['java.lang.IllegalArgumentException', 'java.lang.RuntimeException'] }),
];

const retriable = (name: string) => [`org.apache.kafka.common.errors.${name}`, 'org.apache.kafka.common.errors.RetriableException'];

function told(error: unknown, seal: Seal | null = SEAL): ParallaxError {
  const failure = brokerFailure(error, MINUTE, seal);
  if (!(failure instanceof ParallaxError)) throw new Error(`not told: ${String(failure)}`);
  expect(failure.cause).toBe(error);
  return failure;
}

describe('brokers that are away', () => {
  test.each([
    ['a broker that gives nothing', sparkErrorOf(...udf('PRLX_BROKER: the broker gave nothing of {network-quality-3=250} for 60 s'))],
    [
      'a time-out of the driver',
      sparkErrorOf(caused('Timed out waiting for a node assignment.', { classes: retriable('TimeoutException') })),
    ],
    ['a leader that moves', sparkErrorOf(caused('not here', { classes: retriable('NotLeaderOrFollowerException') }))],
    [
      'a fetch of Spark’s own source',
      sparkErrorOf(
        caused('Cannot fetch record for offset 7 in 120000 milliseconds', { classes: ['java.util.concurrent.TimeoutException'] }),
      ),
    ],
  ])('%s may pass', (_, error) => {
    expect(told(error)).toMatchObject({ code: 'PRLX_BROKER', retryable: true, message: expect.stringContaining('2026-01-05T10:20:00Z') });
  });

  test('the text is what the function said, once', () => {
    expect(told(sparkErrorOf(...udf('PRLX_BROKER: nothing came'))).message).toBe(
      'Spark could not read the messages of 2026-01-05T10:20:00Z from Kafka: nothing came',
    );
  });

  test('when only Spark’s own message is known, that is enough', () => {
    const [wrapped] = udf('PRLX_BROKER: nothing came');
    expect(told(sparkErrorOf(wrapped ?? caused('')))).toMatchObject({ code: 'PRLX_BROKER', retryable: true });
  });
});

describe('messages that are gone', () => {
  test('stream, topic, partition, offsets and minute are named, and what to do; it does not pass', () => {
    const failure = told(sparkErrorOf(...udf('PRLX_TOPIC: topic network-quality, partition 3: offset 100 is gone')));
    expect(failure).toMatchObject({ code: 'PRLX_TOPIC', retryable: false, exitCode: 3 });
    expect(failure.message).toBe(
      'messages that the minute 2026-01-05T10:20:00Z was sealed with are gone: stream network, topic network-quality, partition 3 has lost offset 100, of the offsets 100 to 249',
    );
    for (const word of ['continued past it', '--state', '--from', 'retention.ms']) expect(failure.advice).toContain(word);
  });

  test('Spark’s own source says it by its class', () => {
    const failure = told(
      sparkErrorOf(caused('Cannot read [100, 250)\nmore', { errorClass: 'KAFKA_DATA_LOSS.COULD_NOT_READ_OFFSET_RANGE' })),
    );
    expect(failure).toMatchObject({
      code: 'PRLX_TOPIC',
      retryable: false,
      message: expect.stringMatching(/are gone: Cannot read \[100, 250\)$/),
    });
  });

  test('a topic that the seal does not name is told as it was said', () => {
    const failure = told(sparkErrorOf(...udf('PRLX_TOPIC: topic other, partition 0: offset 1 is gone')), null);
    expect(failure.message).toContain('are gone: PRLX_TOPIC: topic other, partition 0: offset 1 is gone');
  });

  test('it weighs more than a time-out that came of it', () => {
    const gone = udf('PRLX_TOPIC: topic network-quality, partition 0: offset 1 is gone');
    expect(told(sparkErrorOf(caused('late', { classes: retriable('TimeoutException') }), ...gone)).retryable).toBe(false);
  });
});

test('any other failure stays what it is', () => {
  const others = [
    sparkErrorOf(caused('[DIVIDE_BY_ZERO] no', { errorClass: 'DIVIDE_BY_ZERO' })),
    sparkErrorOf(...udf('PRLX_STATE: packed bytes are cut short')),
    sparkErrorOf(caused('Futures timed out after [300 seconds]', { classes: ['java.util.concurrent.TimeoutException'] })),
    sparkErrorOf(caused('not for you', { classes: ['org.apache.kafka.common.errors.TopicAuthorizationException'] })),
    new ParallaxError('PRLX_SPARK_UNREACHABLE', 'away', { retryable: true }),
    new TypeError('a defect'),
  ];
  for (const error of others) expect(brokerFailure(error, MINUTE, SEAL)).toBe(error);
});
