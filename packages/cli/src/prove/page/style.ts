import { Html } from '../../view/html/markup.ts';

/** What the page of faults has beyond the looks of Parallax's other pages. */
export const FAULTS_STYLE = new Html(`
.bar { display: flex; height: 10px; border-radius: 5px; overflow: hidden; background: var(--line); min-width: 120px; }
.bar i { display: block; height: 100%; } .bar .caught { background: var(--good); } .bar .equal { background: var(--c6); } .bar .idle { background: var(--fair); } .bar .missed { background: var(--bad); }
.badge { display: inline-block; font-size: 12px; font-weight: 600; border-radius: 20px; padding: 1px 9px; border: 1px solid currentColor; white-space: nowrap; }
details.fault { border-top: 1px solid var(--line); padding: 9px 0; } details.fault:first-of-type { border-top: 0; }
details.fault > summary { display: grid; grid-template-columns: 108px minmax(0, 1fr) minmax(0, 1.1fr); gap: 4px 14px; align-items: baseline; list-style: none; font-weight: 400; }
details.fault > summary::-webkit-details-marker { display: none; }
details.fault > summary:hover .what { color: var(--accent); }
details.fault[open] > summary { margin-bottom: 10px; }
.what { font-weight: 600; } .said { color: var(--soft); font-size: 14px; overflow-wrap: anywhere; }
.inside { border-left: 3px solid var(--line); padding: 2px 0 2px 16px; margin-left: 4px; }
pre.diff { font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, monospace; background: var(--bg); border: 1px solid var(--line); border-radius: 8px; padding: 8px 0; margin: 8px 0 12px; overflow-x: auto; }
pre.diff span { display: block; padding: 0 12px; white-space: pre; width: max-content; min-width: 100%; }
pre.diff .out { background: color-mix(in srgb, var(--bad) 13%, transparent); } pre.diff .in { background: color-mix(in srgb, var(--good) 14%, transparent); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 0 0 10px; font-size: 14px; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.tile.bad { border-color: var(--bad); }
.key { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 6px; }
@media (max-width: 700px) { details.fault > summary { grid-template-columns: 1fr; } }
`);
