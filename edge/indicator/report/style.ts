/** One sheet for screen and A4 paper. Fonts are the reader's own: nothing is loaded. */
export const STYLE = `
:root{--ink:#17212b;--soft:#55626f;--rule:#d5dce3;--wash:#f3f6f8;--pass:#0b6e4f;--fail:#b3261e;--reported:#1f5fa8;--unknown:#6b7280;--accent:#0f5c73}
*{box-sizing:border-box}
body{margin:0;color:var(--ink);background:#fff;font:15px/1.55 system-ui,"Noto Sans KR","Noto Sans CJK KR","Apple SD Gothic Neo","Malgun Gothic","NanumGothic",sans-serif;word-break:keep-all;overflow-wrap:anywhere}
main,header,footer{max-width:1000px;margin:0 auto;padding:0 24px}
header{padding-top:36px}
h1{font-size:27px;line-height:1.25;margin:0 0 4px}
h1 .en,h2 .en,h3 .en{display:block;font-weight:400;color:var(--soft)}
h1 .en{font-size:18px}
h2{font-size:20px;margin:44px 0 14px;padding-top:14px;border-top:3px solid var(--ink)}
h2 .en{font-size:14px}
h3{font-size:16px;margin:0;line-height:1.3}
h3 .en{font-size:13px}
a{color:var(--accent)}
a:focus-visible,summary:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.en{color:var(--soft)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:10px 24px;margin:20px 0;padding:0}
.facts div{border-top:1px solid var(--rule);padding-top:6px}
dt{font-size:12px;color:var(--soft)}
dd{margin:0}
code,pre{font:12px/1.5 ui-monospace,"Cascadia Mono","DejaVu Sans Mono","D2Coding","NanumGothicCoding",Consolas,monospace;overflow-wrap:anywhere;word-break:break-all}
.banner{margin:18px 0;padding:12px 16px;border-left:6px solid var(--pass);background:var(--wash)}
.banner.bad{border-color:var(--fail);background:#fdf0ef}
.banner.bad strong{color:var(--fail)}
.banner ul{margin:6px 0 0;padding-left:20px}
.tiles{display:grid;grid-template-columns:repeat(10,1fr);gap:6px;margin:14px 0;padding:0;list-style:none}
.tiles a{display:block;padding:6px 4px;border:2px solid currentColor;border-radius:6px;text-align:center;text-decoration:none;font-weight:600}
.tiles small{display:block;font-weight:400;font-size:11px;line-height:1.2}
.tiles .mark{font-size:17px}
.counts{display:flex;flex-wrap:wrap;gap:8px 22px;margin:6px 0;padding:0;list-style:none;font-size:16px}
.counts b{font-size:22px}
.pass{color:var(--pass)}.fail{color:var(--fail)}.reported{color:var(--reported)}.unknown{color:var(--unknown)}
.tiles .unknown{border-style:dashed}
article{border:1px solid var(--rule);border-radius:8px;padding:16px 18px;margin:0 0 14px;break-inside:avoid}
article>.head{display:flex;gap:14px;align-items:flex-start;justify-content:space-between}
.no{flex:none;min-width:34px;color:var(--soft);font-size:20px;font-weight:700;line-height:1.3}
.head h3{flex:1}
.pill{flex:none;border:1.5px solid currentColor;border-radius:99px;padding:2px 12px;font-weight:700;font-size:13px;white-space:nowrap}
.pill.unknown{border-style:dashed}
.body{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1.15fr);gap:8px 28px;margin-top:8px}
.body p{margin:0 0 6px}
.what{font-size:14px}.what .en{display:block}.missing{font-size:13px}.missing .en{display:block}
.body.bare{grid-template-columns:1fr}.body.bare .value{display:none}
.value{font-size:28px;font-weight:700;line-height:1.2;margin:2px 0}
.meta{font-size:13px;margin:4px 0 0;display:grid;grid-template-columns:auto 1fr;gap:1px 12px}
.meta dt{font-size:13px}
.proof{grid-column:1/-1;font-size:13px;border-top:1px dashed var(--rule);padding-top:8px;margin-top:4px}
svg.plot{width:100%;height:auto;display:block}
svg text{font-size:11px;fill:var(--ink)}
svg .label,svg .value{text-anchor:end}
svg .value{font-size:11px;font-weight:400}
svg .tick{text-anchor:middle;fill:var(--soft);font-size:10px}
svg .tick.end{text-anchor:end}
svg .grid{stroke:var(--rule);stroke-width:1}
svg .line{stroke:var(--fail);stroke-width:2;stroke-dasharray:5 4}
svg .whisker{stroke:var(--accent);stroke-width:2}
svg .point,svg .bar{fill:var(--accent)}
svg .whisker.over{stroke:var(--fail)}svg .point.over,svg .bar.over{fill:var(--fail)}
svg .rest{fill:var(--rule)}
table{border-collapse:collapse;width:100%;font-size:14px;margin:10px 0}
th,td{text-align:left;vertical-align:top;padding:6px 10px 6px 0;border-bottom:1px solid var(--rule)}
caption{text-align:left;color:var(--soft);font-size:13px;padding-bottom:4px}
.leaf{border-top:1px solid var(--rule);padding:10px 0;break-inside:avoid}
.leaf h3{font-size:14px}.leaf h3 .en{display:inline}
pre{background:var(--wash);padding:8px 10px;border-radius:6px;white-space:pre-wrap;margin:6px 0}
footer{padding-bottom:40px;color:var(--soft);font-size:13px}
@media (max-width:760px){.body{grid-template-columns:1fr}.tiles{grid-template-columns:repeat(5,1fr)}}
@page{size:A4;margin:16mm 14mm 18mm}
@media print{body{font-size:10.5pt}main,header,footer{max-width:none;padding:0}h2{break-after:avoid}a{color:inherit;text-decoration:none}.screen{display:none}article,.leaf{border-color:#999}.banner,pre,.tiles a{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`;
