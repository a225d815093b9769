import { Html } from './markup.ts';

/** The page's looks: one column, light or dark as the reader's system is. No font or file is fetched. */
export const STYLE = new Html(`
:root { color-scheme: light dark;
  --bg: #f6f5f1; --card: #ffffff; --ink: #1d2330; --soft: #667085; --line: #e4e2dc; --accent: #2f5bd7; --band: #2f5bd722;
  --good: #2e8b57; --fair: #c78a12; --bad: #c8402f;
  --c0: #2f5bd7; --c1: #2aa1b3; --c2: #5aa469; --c3: #d9a21b; --c4: #b06ab3; --c5: #d9663d; --c6: #7a869a; --c7: #94753f; }
@media (prefers-color-scheme: dark) { :root {
  --bg: #12151c; --card: #1a1f29; --ink: #e8eaf0; --soft: #9aa3b5; --line: #2c3342; --accent: #8aa9ff; --band: #8aa9ff26;
  --good: #62c28b; --fair: #e5b64a; --bad: #f0796a;
  --c0: #8aa9ff; --c1: #5cc6d6; --c2: #86cc92; --c3: #efc457; --c4: #d195d4; --c5: #f2936d; --c6: #a3adbe; --c7: #c4a36b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 48px 24px 80px; }
h1 { font-size: 34px; line-height: 1.2; letter-spacing: -0.02em; margin: 0 0 6px; }
h1 small { display: block; font-size: 14px; font-weight: 600; letter-spacing: 0.12em; text-transform: uppercase; color: var(--accent); margin-bottom: 10px; }
h2 { font-size: 20px; letter-spacing: -0.01em; margin: 0 0 4px; }
h3 { font-size: 15px; margin: 20px 0 6px; }
p { margin: 0 0 12px; max-width: 70ch; } p.lead { font-size: 18px; color: var(--soft); } .soft { color: var(--soft); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 24px; margin-top: 20px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 24px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 16px 18px; }
.tile b { display: block; font-size: 26px; line-height: 1.2; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 13px; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 20px; margin-top: 20px; } .two section { margin-top: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 12.5px; padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
td { padding: 7px 10px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; } tr:last-child td { border-bottom: 0; }
.n { text-align: right; } .bad { color: var(--bad); } .good { color: var(--good); } .fair { color: var(--fair); }
code { font: 12.5px/1.4 ui-monospace, SFMono-Regular, Menlo, monospace; color: var(--soft); }
svg { display: block; width: 100%; height: auto; margin-top: 12px; } svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
.grid { stroke: var(--line); stroke-width: 1; } .mean { fill: none; stroke: var(--accent); stroke-width: 2.5; stroke-linejoin: round; } .band { fill: var(--band); }
.legend { display: flex; flex-wrap: wrap; gap: 6px 16px; margin: 10px 0 0; padding: 0; list-style: none; font-size: 13px; color: var(--soft); }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 6px; }
ul.reasons { margin: 6px 0 0; padding-left: 18px; color: var(--soft); font-size: 13.5px; }
summary { cursor: pointer; font-weight: 600; } details .scroll { margin-top: 12px; }
footer { margin-top: 32px; color: var(--soft); font-size: 13px; }
`);
