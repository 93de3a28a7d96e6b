// The styles are in a shadow root, so that a notebook's styles and ours do not affect each other.
// As a sheet of the root and not as an element: Studio's policy allows no style elements.

export const STYLE = /* css */ `
:host { all: initial; display: block; height: 100%; }
.network {
  --back: #0d1017; --card: rgb(22 27 36 / 82%); --text: #e8ebf1; --soft: #98a2b3; --edge: #2a3240; --mark: #ff9f3d;
  --good: #5fd38d; --bad: #ff7b72; --non-finite: #ff5cc8;
  position: relative; height: 100%; min-height: 320px; overflow: hidden; border-radius: 6px;
  background: var(--back); color: var(--text); font: 13px/1.4 system-ui, -apple-system, "Segoe UI", sans-serif;
  font-variant-numeric: tabular-nums; user-select: none;
}
.network.light {
  --back: #fafaf7; --card: rgb(255 255 255 / 86%); --text: #171b22; --soft: #5c6675; --edge: #d9dbe0; --mark: #b54708;
  --good: #11703c; --bad: #b42318; --non-finite: #b5006f;
}
canvas { position: absolute; inset: 0; display: block; outline: none; cursor: grab; touch-action: none; }
canvas:active { cursor: grabbing; }
.labels { position: absolute; inset: 0; overflow: hidden; pointer-events: none; }
.label, .unit { position: absolute; left: 0; top: 0; white-space: nowrap; }
.label { text-align: center; line-height: 1.25; text-shadow: 0 0 4px var(--back), 0 0 2px var(--back); }
.label .name { display: block; font-weight: 600; font-size: 12px; }
.label .shape { display: block; color: var(--soft); font-size: 11px; }
.unit { color: var(--soft); font-size: 11px; padding-left: 2px; white-space: pre; }
.unit.chosen { color: var(--mark); font-weight: 700; font-size: 13px; }
.above { position: absolute; left: 0; right: 0; top: 0; padding: 12px 16px; display: flex; gap: 16px;
  align-items: baseline; justify-content: space-between; pointer-events: none; }
.title { font-weight: 650; font-size: 15px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.answer { display: flex; gap: 8px; align-items: baseline; white-space: nowrap; }
.answer:not(:empty) { background: var(--card); border: 1px solid var(--edge); border-radius: 8px; padding: 4px 12px; }
.answer .word, .answer .share { color: var(--soft); }
.answer .class { font-size: 20px; font-weight: 700; color: var(--mark); }
.answer .right { color: var(--good); } .answer .wrong { color: var(--bad); }
.beside { position: absolute; left: 12px; top: 48px; bottom: 62px; width: 216px; overflow-y: auto; overflow-x: hidden;
  display: flex; flex-direction: column; gap: 1px; scrollbar-width: thin; scrollbar-color: var(--edge) transparent; }
.beside button { flex: none; display: flex; justify-content: space-between; gap: 10px; text-align: left; padding: 3px 8px;
  border: 0; background: none; font-size: 12px; }
.beside .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; direction: rtl; }
.beside .shape { color: var(--soft); white-space: nowrap; font-size: 11px; }
.beside .non-finite .name { color: var(--non-finite); }
.beside .block .name { font-weight: 600; } .beside .inner { padding-left: 16px; }
.beside .chosen { background: var(--card); box-shadow: inset 2px 0 var(--mark); }
button { color: inherit; font: inherit; background: var(--card); border: 1px solid var(--edge); border-radius: 5px;
  cursor: pointer; }
button:hover:enabled { background: var(--edge); }
button:disabled { opacity: 0.4; cursor: default; }
:focus-visible { outline: 2px solid var(--mark); outline-offset: 1px; }
.below { position: absolute; left: 12px; right: 12px; bottom: 12px; display: flex; gap: 12px; align-items: center;
  background: var(--card); border: 1px solid var(--edge); border-radius: 8px; padding: 6px 12px; }
.below .steps { flex: 1; min-width: 60px; accent-color: var(--mark); }
.below .step { min-width: 12em; }
.play { width: 32px; height: 26px; font-size: 11px; padding: 0; }
.samples { display: flex; gap: 6px; align-items: center; white-space: nowrap; }
.samples button { width: 26px; height: 26px; padding: 0; }
.sample { min-width: 5.5em; text-align: center; } .sample.other { color: var(--bad); }
.list { display: none; width: 32px; height: 26px; padding: 0; flex: none; }
.hold { display: flex; gap: 6px; align-items: center; cursor: pointer; white-space: nowrap; color: var(--soft); }
.hold input { accent-color: var(--mark); margin: 0; }
.legend { position: absolute; right: 16px; bottom: 66px; width: 210px; font-size: 11px; color: var(--soft);
  pointer-events: none; }
.legend .bar { height: 8px; border-radius: 4px; border: 1px solid var(--edge); }
.legend .ends { display: grid; grid-template-columns: 1fr auto 1fr; margin-top: 2px; }
.legend .high { text-align: right; }
.hint { position: absolute; left: 0; top: 0; background: var(--card); border: 1px solid var(--edge); border-radius: 6px;
  padding: 5px 10px; pointer-events: none; font-size: 12px; white-space: nowrap; color: var(--soft); }
.hint .value { color: var(--text); font-size: 15px; font-weight: 650; }
.trouble { position: absolute; left: 50%; top: 50%; transform: translate(-50%, -50%); max-width: 70%; padding: 10px 16px;
  background: var(--card); border: 1px solid var(--bad); border-radius: 8px; user-select: text; }
[hidden] { display: none !important; }
.narrow .beside, .narrow .hold, .narrow .legend { display: none; }
.narrow .list { display: block; }
.narrow.listed .beside { display: flex; background: var(--back); border: 1px solid var(--edge); border-radius: 8px; padding: 6px; width: 70%; }
.narrow .beside button { padding: 8px; }
.narrow .below { gap: 8px; padding: 6px 8px; } .narrow .sample { min-width: 0; }
.narrow .below .step { min-width: 0; }
`;
