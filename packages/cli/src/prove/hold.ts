import { existsSync, writeFileSync } from 'node:fs';
import { startSpark } from '@parallax/local';

for (let i = 0; ; i++) {
  try {
    const s = await startSpark({ home: `/tmp/prove-hold/${i}`, heapMb: 1800, startMsMax: 900_000 });
    writeFileSync('/tmp/prove-hold/url', s.url);
    console.log(s.url);
    while (!existsSync('/tmp/prove-hold/stop')) await new Promise((r) => setTimeout(r, 1000));
    await s.stop();
    break;
  } catch (e) {
    console.log(String(e).slice(0, 200));
    if (existsSync('/tmp/prove-hold/stop')) break;
  }
}
