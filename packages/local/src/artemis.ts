import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ParallaxError } from '@parallax/core';
import rhea from 'rhea';
import { commonJavaOptions, freshTemporaryFolder, jarFolder, javaCommand, serviceEnvironment } from './java.ts';
import { ARTEMIS_MEMORY_BYTES, HEAP_MB } from './limits.ts';
import { dataFolder, startService } from './start-service.ts';
import type { JavaServiceOptions, RunningService } from './types.ts';

/**
 * One Artemis 2.55 broker that speaks AMQP 1.0 on loopback, without authentication. Addresses and queues come into being by use and stay;
 * an address is multicast: each queue on it gets every message. A receiver attached to `address::queue` reads such a queue.
 *
 * @throws ParallaxError PRLX_SERVICE_START, PRLX_JARS_MISSING
 */
export async function startArtemis(options: JavaServiceOptions): Promise<RunningService> {
  const data = dataFolder(options.home, 'artemis');
  return startService(
    {
      name: 'artemis',
      ports: 1,
      async prepare([port = 0]) {
        const temporary = freshTemporaryFolder(data);
        const etc = join(data, 'etc');
        mkdirSync(etc, { recursive: true });
        writeFileSync(join(etc, 'broker.xml'), brokerXml(port, join(data, 'data')));
        return {
          command: javaCommand(),
          args: [
            ...commonJavaOptions(options.heapMb ?? HEAP_MB.artemis, temporary),
            '-XX:+UseSerialGC',
            '-XX:MaxDirectMemorySize=128m',
            '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
            '-Dorg.slf4j.simpleLogger.showDateTime=true',
            '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
            '-Dorg.slf4j.simpleLogger.log.org.apache.activemq.audit=off',
            '-cp',
            join(jarFolder('artemis', options.jars), '*'),
            'org.apache.activemq.artemis.core.server.embedded.Main',
            data,
          ],
          cwd: data,
          env: serviceEnvironment(),
          stopSignal: 'SIGTERM',
          deathSignal: 'KILL',
          url: `amqp://127.0.0.1:${port}`,
          probe: (signal) => probeAmqp(port, signal),
        };
      },
    },
    options,
  );
}

const xmlText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function brokerXml(port: number, data: string): string {
  const folder = (name: string): string => xmlText(join(data, name));
  return `<?xml version="1.0" encoding="UTF-8"?>
<configuration xmlns="urn:activemq">
  <core xmlns="urn:activemq:core">
    <name>parallax</name>
    <persistence-enabled>true</persistence-enabled>
    <security-enabled>false</security-enabled>
    <journal-type>NIO</journal-type>
    <journal-directory>${folder('journal')}</journal-directory>
    <bindings-directory>${folder('bindings')}</bindings-directory>
    <large-messages-directory>${folder('large-messages')}</large-messages-directory>
    <paging-directory>${folder('paging')}</paging-directory>
    <journal-file-size>4194304</journal-file-size>
    <journal-min-files>2</journal-min-files>
    <journal-pool-files>4</journal-pool-files>
    <global-max-size>${ARTEMIS_MEMORY_BYTES}</global-max-size>
    <critical-analyzer>false</critical-analyzer>
    <max-disk-usage>98</max-disk-usage>
    <thread-pool-max-size>16</thread-pool-max-size>
    <scheduled-thread-pool-max-size>2</scheduled-thread-pool-max-size>
    <message-expiry-scan-period>-1</message-expiry-scan-period>
    <acceptors>
      <acceptor name="amqp">tcp://127.0.0.1:${port}?protocols=AMQP;amqpCredits=1000;amqpLowCredits=300;amqpDuplicateDetection=true</acceptor>
    </acceptors>
    <address-settings>
      <address-setting match="#">
        <auto-create-addresses>true</auto-create-addresses>
        <auto-delete-addresses>false</auto-delete-addresses>
        <auto-create-queues>true</auto-create-queues>
        <auto-delete-queues>false</auto-delete-queues>
        <auto-delete-created-queues>false</auto-delete-created-queues>
        <default-address-routing-type>MULTICAST</default-address-routing-type>
        <default-queue-routing-type>MULTICAST</default-queue-routing-type>
        <max-delivery-attempts>-1</max-delivery-attempts>
        <redelivery-delay>0</redelivery-delay>
        <address-full-policy>PAGE</address-full-policy>
        <page-size-bytes>1048576</page-size-bytes>
      </address-setting>
    </address-settings>
  </core>
</configuration>
`;
}

/** Opens an AMQP 1.0 connection and closes it again. */
export function probeAmqp(port: number, signal: AbortSignal): Promise<void> {
  const container = rhea.create_container({ id: 'parallax-probe' });
  const connection = container.connect({ host: '127.0.0.1', port, reconnect: false });
  return new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => reject(new ParallaxError('PRLX_SERVICE_PROBE', why));
    container.once('connection_open', () => connection.close());
    container.once('connection_close', () => resolve());
    container.once('connection_error', (context) => fail(String(context.connection?.error)));
    container.once('disconnected', () => fail('disconnected before the connection was open'));
    signal.addEventListener('abort', () => {
      fail('no answer in time');
      connection.socket?.destroy();
    });
  });
}
