// SPDX-License-Identifier: Apache-2.0

/// The page's style: light, dark, print and narrow screens.
///
/// Hues are Okabe and Ito's, which stay apart for every common kind of colour blindness; nothing is told
/// by hue alone.
let styleSheet = """
  :root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --soft: #57606a; --rule: #d8dee4; --panel: #f6f8fa;
    --accent: #0072b2; --bar: #56a5d4; --mark: #b45309; --good: #0a6b52; --goodpaper: #e3f5ee; --bad: #a63603; --badpaper: #fdeee4;
    --s0: #e4eff7; --s1: #bcd9ec; --s2: #86bbdd; --s3: #4a97c9; --s4: #1d6fa8; --s5: #0b4a7a; --lightcell: #12324a; --darkcell: #ffffff;
    --c0: #0072b2; --c1: #e69f00; --c2: #009e73; --c3: #cc79a7; --c4: #56b4e9; --c5: #d55e00; --c6: #8c8c8c; }
  @media screen and (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e6eaef; --soft: #9aa5b1; --rule: #303841; --panel: #1c222a;
    --accent: #56b4e9; --bar: #3f86b3; --mark: #f0a35a; --good: #6fd6b0; --goodpaper: #12312a; --bad: #f5a777; --badpaper: #3a2317;
    --s0: #1b2c3a; --s1: #1f4361; --s2: #24608c; --s3: #3a86ba; --s4: #77b6de; --s5: #c3e2f5; --lightcell: #e6eaef; --darkcell: #0d1f2c;
    --c0: #3d9bd6; --c6: #9a9a9a; } }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
  main { max-width: 920px; margin: 0 auto; padding: 40px 24px 64px; }
  .kicker { margin: 0; color: var(--soft); font-size: 13px; letter-spacing: .08em; text-transform: uppercase; }
  h1 { margin: 6px 0 14px; font-size: 28px; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; text-wrap: balance; }
  h1::first-letter { text-transform: uppercase; }
  h2 { margin: 0 0 8px; font-size: 19px; line-height: 1.3; font-weight: 650; }
  section { margin-top: 40px; }
  p { margin: 0 0 12px; max-width: 70ch; }
  .hint, .legend { color: var(--soft); font-size: 14px; }
  .badge { display: inline-block; margin: 0; padding: 4px 12px; border-radius: 999px; font-size: 14px; font-weight: 600; }
  .within { color: var(--good); background: var(--goodpaper); }
  .exceeded { color: var(--bad); background: var(--badpaper); }
  .warning { padding: 16px 20px; border-left: 4px solid var(--bad); background: var(--badpaper); }
  .warning ul { margin: 0; padding-left: 20px; }
  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
  th, td { padding: 6px 12px 6px 0; text-align: left; font-weight: 400; border-bottom: 1px solid var(--rule); white-space: nowrap; }
  thead th { color: var(--soft); font-size: 13px; border-bottom-color: var(--soft); }
  tfoot td { font-weight: 600; border-bottom: 0; }
  th:last-child, td:last-child { padding-right: 0; }
  .n { text-align: right; }
  .tensors { font-size: 13px; }
  code { font: .93em ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; unicode-bidi: isolate; }
  .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 10px; margin: 18px 0 14px; }
  .tiles div { display: flex; flex-direction: column; justify-content: space-between; padding: 12px 14px; border-radius: 8px; background: var(--panel); }
  .tiles span { display: block; color: var(--soft); font-size: 13px; line-height: 1.35; }
  .tiles strong { display: block; margin-top: 2px; font-size: 16px; font-weight: 600; font-variant-numeric: tabular-nums; }
  blockquote { margin: 0 0 14px; padding: 14px 18px; border-radius: 8px; background: var(--panel); font: 14px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; }
  mark { padding: 0 2px; border-radius: 3px; color: var(--bad); background: var(--badpaper); outline: 1px solid currentColor; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0; font-size: 14px; }
  dt { color: var(--soft); }
  dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: isolate; }
  .chart { display: block; width: 100%; min-width: 600px; height: auto; font: 13px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; font-variant-numeric: tabular-nums; }
  .chart text { fill: var(--ink); } .chart .tick, .chart .axis { fill: var(--soft); }
  .axis, .mid, .cell { text-anchor: middle; } .end { text-anchor: end; } .start { text-anchor: start; }
  .cell { font-size: 12px; } .note { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
  .grid { stroke: var(--rule); } .line { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; }
  .dot { fill: var(--accent); } .hollow { fill: var(--paper); stroke: var(--accent); stroke-width: 2; }
  .bar { fill: var(--bar); } .mark { stroke: var(--mark); stroke-width: 1.5; stroke-dasharray: 4 3; }
  .shade0 { fill: var(--s0); background: var(--s0); } .shade1 { fill: var(--s1); background: var(--s1); } .shade2 { fill: var(--s2); background: var(--s2); }
  .shade3 { fill: var(--s3); background: var(--s3); } .shade4 { fill: var(--s4); background: var(--s4); } .shade5 { fill: var(--s5); background: var(--s5); }
  .chart .on0, .chart .on1, .chart .on2 { fill: var(--lightcell); } .chart .on3, .chart .on4, .chart .on5 { fill: var(--darkcell); }
  .color0 { fill: var(--c0); background: var(--c0); } .color1 { fill: var(--c1); background: var(--c1); } .color2 { fill: var(--c2); background: var(--c2); }
  .color3 { fill: var(--c3); background: var(--c3); } .color4 { fill: var(--c4); background: var(--c4); } .color5 { fill: var(--c5); background: var(--c5); }
  .color6 { fill: var(--c6); background: var(--c6); }
  td i { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 4px; }
  .legend { display: flex; align-items: center; gap: 0; margin-top: 6px; } .legend i { width: 26px; height: 12px; }
  .legend span:first-child { margin-right: 8px; } .legend span:last-child { margin-left: 8px; }
  @media (max-width: 600px) { main { padding: 24px 16px 48px; } h1 { font-size: 22px; } section { margin-top: 32px; }
    table { font-size: 13px; } th, td { padding-right: 8px; } .chart { min-width: 480px; } .sizes { min-width: 0; font-size: 22px; }
    .tiles { grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); }
    .summary { font-size: 12px; } .summary th, .summary td { white-space: normal; }
    dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 8px; } }
  @media print { :root { color-scheme: light; } @page { margin: 16mm 14mm; } body { font-size: 10.5pt; line-height: 1.4; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    main { max-width: none; padding: 0; } h1 { font-size: 18pt; } section { margin-top: 22px; } .scroll { overflow: visible; } .chart { min-width: 0; } .tiles { grid-template-columns: repeat(4, 1fr); margin: 12px 0 10px; } .tiles div { padding: 8px 10px; } .tiles strong { font-size: 10.5pt; white-space: nowrap; }
    h2, section > p:not(.hint) { break-after: avoid; } p, svg, .keep, .tiles, tr { break-inside: avoid; } .legend, svg + p, p.hint { break-before: avoid; }
    .tensors { font-size: 8pt; } .tensors thead th { font-size: 8pt; } .tensors code { font-size: 6.5pt; overflow-wrap: break-word; }
    .tensors th, .tensors td { padding: 3px 6px 3px 0; } .tensors td:first-child { white-space: normal; }
    thead { display: table-header-group; } tfoot { display: table-row-group; } }
  """
