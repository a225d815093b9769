import { sampleMinute } from './test/sample-minutes.ts';
import { renderMinute } from './src/view/render-minute.ts';
import { inColour, plain } from './src/view/style.ts';
const ms = Array.from({length: 9}, (_, i) => sampleMinute(i));
const f = { ...ms[8]!, project: 'telecom', means: ms.map(m => m.report.satisfaction.mean) };
for (const w of [60, 80, 130]) { console.log('='.repeat(w)); console.log(renderMinute(f, w, plain)); }
console.log(renderMinute({...f, ...ms[0]!, means: [74]}, 130, plain));
