//! What the page looks like: the theme's colours, in the dark and on paper too.

/// The page's style sheet. The window's theme has the same colours (a test of `cli` compares them).
pub(super) const STYLE: &str = "
:root{--surface:#ffffff;--sunken:#f3f5f8;--line:#e2e6ec;--line-strong:#c5ccd6;--text:#2b323c;
--text-strong:#0e1318;--text-dim:#535d6b;--accent:#1a63c9;--good:#167c4d;--warm:#945f00;
--warm-soft:#fdf4de;--hot:#c23014;--hot-soft:#fde8e3;--share:#bcd5f5;--trend:#7c8ea8;
--accent-soft:#e6f0fd}
@media screen and (prefers-color-scheme:dark){:root{--surface:#15181d;--sunken:#0f1115;--line:#262b34;
--line-strong:#373e4a;--text:#c9cfd9;--text-strong:#f1f4f8;--text-dim:#9ca5b3;--accent:#6cb0ff;
--good:#56c98f;--warm:#f0b54a;--warm-soft:#2b2415;--hot:#ff7a62;--hot-soft:#3a1d1a;--share:#324d70;
--trend:#6f83a0;--accent-soft:#1b2c43}}
*{box-sizing:border-box}
body{margin:0;background:var(--surface);color:var(--text);font:15px/1.5 system-ui,sans-serif;
overflow-wrap:anywhere}
main{max-width:960px;margin:0 auto;padding:24px 20px 48px}
h1,h2,h3,h4{color:var(--text-strong);line-height:1.25}
h1{font-size:28px;margin:0 0 12px}
h2{font-size:20px;margin:36px 0 12px;padding-bottom:6px;border-bottom:1px solid var(--line)}
h3{font-size:16px;margin:20px 0 8px}
h4{font-size:14px;margin:14px 0 4px;color:var(--text-dim);font-weight:600}
.kind{margin:0;color:var(--text-dim);font-size:13px}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code,pre,td,th{unicode-bidi:isolate}
code{color:var(--text-strong)}
dl{margin:0}
dl>div{display:flex;gap:12px;padding:3px 0}
dt{flex:0 0 130px;color:var(--text-dim)}
dd{flex:1;min-width:0;margin:0}
.finding{margin:0 0 10px;padding:10px 14px;border-left:4px solid var(--line-strong);
background:var(--sunken)}
.slow{border-color:var(--warm)}
.suspect,.proven{border-color:var(--hot)}
p.slow{background:var(--warm-soft)}
p.suspect,p.proven{background:var(--hot-soft)}
article{margin:0 0 18px!important}
article h3{margin-top:0}
.badge{color:var(--text-strong)}
.slow .badge{color:var(--warm)}
.suspect .badge,.proven .badge{color:var(--hot)}
.note{color:var(--text-dim)}
pre{margin:0;padding:10px 12px;overflow-x:auto;overflow-wrap:normal;background:var(--surface);
border:1px solid var(--line)}
pre i{font-style:normal;color:var(--text-dim)}
mark{background:var(--accent-soft);color:var(--accent);font-weight:600}
ul,ol{margin:0;padding-left:22px}
.again code{color:var(--hot);font-weight:600}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{padding:4px 10px 4px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
thead th{color:var(--text-dim);font-weight:600;white-space:nowrap}
tbody th{font-weight:400;min-width:140px;color:var(--text-strong)}
td.number{white-space:nowrap}
td:last-child{min-width:220px}
figure{margin:0 0 18px}
figcaption{display:flex;flex-wrap:wrap;gap:2px 14px;margin-bottom:6px;font-size:13px}
.legend i{display:inline-block;width:10px;height:10px;margin-right:5px}
.plot{position:relative;height:200px;background:var(--sunken);border:1px solid var(--line)}
.low .plot{height:110px}
.plot svg{position:absolute;left:0;top:0;width:100%;height:100%;display:block}
.level{position:absolute;left:4px;font-size:11px;line-height:1;color:var(--text-dim);
transform:translateY(50%);background:var(--sunken);padding:0 2px}
.times{position:relative;height:18px;font-size:11px;color:var(--text-dim)}
.times span{position:absolute;transform:translateX(-50%);white-space:nowrap;padding-top:2px}
svg polyline{vector-effect:non-scaling-stroke;stroke-width:1.5px}
svg .grid{stroke:var(--line);stroke-width:1px}
svg .share{fill:var(--share)}
svg .good{fill:var(--good)}
svg polygon.warm{fill:var(--warm)}
svg .accent{fill:var(--accent)}
svg polygon.trend{fill:var(--trend);fill-opacity:.5}
svg polyline.trend{stroke:var(--trend)}
svg .stuck{stroke:var(--hot);stroke-width:2px}
svg .hot{stroke:var(--hot)}
svg polyline.warm{stroke:var(--warm)}
i.share{background:var(--share)}
i.good{background:var(--good)}
i.warm{background:var(--warm)}
i.accent{background:var(--accent)}
i.trend{background:var(--trend)}
i.stuck{height:3px;background:var(--hot);vertical-align:middle}
i.onset{width:0;height:13px;background:none;border-left:2px dashed;vertical-align:middle}
i.onset.hot{border-color:var(--hot)}
i.onset.warm{border-color:var(--warm)}
.spark{display:flex;align-items:center;gap:10px;margin:6px 0;color:var(--text-dim);font-size:13px}
.spark svg{width:160px;height:28px;flex:none}
@media (max-width:560px){main{padding:16px 12px 32px}dl>div{display:block;padding:4px 0}
dt{font-size:13px}.plot{height:150px}.spark{display:block}}
@media print{body{font-size:11pt}main{max-width:none;padding:0}
.finding,figure{break-inside:avoid}article.finding{break-inside:auto}pre{white-space:pre-wrap}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
";
