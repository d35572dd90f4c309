// The list of alerts. Every text is set as text, never as markup: names on a chain are written by strangers.
const COLUMNS = [
  ["Severity", "100px"], ["Score", "112px"], ["Category", "148px"], ["Why", "auto"], ["Subject", "148px"],
  ["Status, case", "112px"], ["Block", "72px"], ["Time (UTC)", "112px"],
];

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function cell(className, text, full) {
  const made = element("td", className, text);
  if (full) made.title = full;
  return made;
}

// Each short address is a box of its own: where a line is too long it is left out whole, never cut in half.
function whyCell(text) {
  const made = element("td", "why");
  const lines = element("div");
  made.append(lines);
  for (const part of text.split(/(0x[0-9a-zA-Z]+(?:…[0-9a-zA-Z]+)?)/)) {
    if (part) lines.append(part.startsWith("0x") ? element("span", "name", part) : part);
  }
  made.title = text;
  return made;
}

function scoreCell(share, score) {
  const made = element("td", "number");
  const bar = element("span", "bar");
  const fill = element("i");
  fill.style.width = `${Math.round(100 * share)}%`;
  bar.append(fill);
  made.append(bar, score);
  return made;
}

function severityCell(tone, severity) {
  const made = element("td");
  made.append(element("span", `badge ${tone}`, severity));
  return made;
}

function stateCell(row) {
  const made = element("td", "state", row.state);
  made.title = [row.status, row.case_full].filter(Boolean).join(", ");
  if (row.case) made.append(element("b", "", row.case));
  return made;
}

function subjectCell(row) {
  const made = cell("mono subject", row.subject, row.subject_full);
  if (row.watched) made.append(element("b", "", "watched"));
  return made;
}

function choiceCell(row, view) {
  const made = element("td", "choice");
  const box = element("span", "", view.chosen.has(row.key) ? "\u2611" : "\u2610");
  box.setAttribute("role", "checkbox");
  box.setAttribute("aria-checked", String(view.chosen.has(row.key)));
  box.setAttribute("aria-label", `choose ${row.severity} ${row.category}`);
  made.append(box);
  made.onclick = (event) => {
    event.stopPropagation();
    choose(view, row.key);
  };
  return made;
}

function line(row, view, open) {
  const made = element("tr", [row.status === "retracted" ? "retracted" : "", row.closed ? "aside" : ""].join(" ").trim());
  made.tabIndex = 0;
  made.dataset.key = row.key;
  made.setAttribute("aria-label", `${row.severity} ${row.category}`);
  if (row.key === view.selected) made.classList.add("selected");
  if (view.seen && !view.seen.has(row.key)) made.classList.add("arrived");
  made.append(
    severityCell(row.tone, row.severity), scoreCell(row.share, row.score), cell("", row.category), whyCell(row.why),
    subjectCell(row), stateCell(row), cell("number", row.block),
    cell("number soft", row.time),
  );
  if (acts(view)) made.prepend(choiceCell(row, view));
  made.onclick = () => open(row.key);
  return made;
}

function acts(view) {
  return Object.keys(view.reasons).length > 0;
}

function choose(view, key) {
  if (!view.chosen.delete(key)) view.chosen.add(key);
  const row = [...view.root.querySelectorAll("tbody tr")].find((each) => each.dataset.key === key);
  const data = view.rows.find((each) => each.key === key);
  if (row && data) row.querySelector(".choice").replaceWith(choiceCell(data, view));
  drawActions(view);
}

// The rows that an action is for: what is chosen, else where the keys are. A closed case is not taken by a key.
function meant(view, act) {
  const at = rowInFocus(view.root)?.dataset.key;
  const keys = view.chosen.size ? view.chosen : new Set(at ? [at] : []);
  return view.rows.filter((row) => keys.has(row.key) && !(act === "take" && row.closed));
}

function ask(view, act) {
  const rows = meant(view, act);
  if (!rows.length) return;
  if (act === "take") return finish(view, act, "", rows);
  view.deciding = { act, rows };
  drawActions(view);
}

function finish(view, act, reason, rows) {
  const next = view.chosen.size ? null : rowInFocus(view.root)?.nextElementSibling;
  view.chosen.clear();
  view.deciding = null;
  view.act({ act, reason, seen: rows.map((row) => [row.key, row.revision]) });
  draw(view.root, view);
  if (next) [...view.root.querySelectorAll("tbody tr")].find((row) => row.dataset.key === next.dataset.key)?.focus();
}

function forget(view) {
  view.chosen.clear();
  view.deciding = null;
  draw(view.root, view);
}

function button(text, act) {
  const made = element("button", "", text);
  made.onclick = act;
  return made;
}

// Below the list: what can be done with what is chosen, or the reasons to choose from, each with its key.
function drawActions(view) {
  view.root.querySelector(".actions")?.remove();
  if (!view.deciding && !view.chosen.size) return;
  const bar = element("div", "actions");
  bar.setAttribute("role", "toolbar");
  if (view.deciding) {
    const { act, rows } = view.deciding;
    bar.append(element("span", "", `${rows.length} ${act}, because:`));
    view.reasons[act].forEach((reason, at) => bar.append(button(`${at + 1} ${reason}`, () => finish(view, act, reason, rows))));
  } else {
    bar.append(element("span", "", `${view.chosen.size} chosen`));
    bar.append(button("Take (T)", () => ask(view, "take")), button("Confirm (C)", () => ask(view, "confirmed")));
    bar.append(button("Dismiss (D)", () => ask(view, "dismissed")));
  }
  bar.append(button("Leave it (Esc)", () => forget(view)));
  view.root.append(bar);
}

function heading(view) {
  const row = element("tr");
  if (acts(view)) {
    const made = element("th", "choice", "");
    made.style.width = "34px";
    row.append(made);
  }
  for (const [name, width] of COLUMNS) {
    const made = element("th", name === "Score" || name === "Block" || name.startsWith("Time") ? "number" : "", name);
    made.style.width = width;
    row.append(made);
  }
  const head = element("thead");
  head.append(row);
  return head;
}

function draw(root, view) {
  const focused = rowInFocus(root)?.dataset.key;
  const body = element("tbody");
  body.append(...view.rows.map((row) => line(row, view, view.open)));
  const table = element("table");
  table.append(heading(view), body);
  const frame = element("div", "frame");
  if (view.rows.length) frame.append(table);
  else frame.append(element("div", "empty", view.empty));
  root.querySelector(".frame")?.remove();
  root.append(frame);
  frame.onmouseleave = () => !rowInFocus(root) && draw(root, view);
  view.seen = new Set(view.rows.map((row) => row.key));
  if (focused) body.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  drawActions(view);
}

// Rows do not move under who reads them: what arrives meanwhile is announced, and drawn when it is asked for.
function hold(root, view) {
  const frame = root.querySelector(".frame");
  const fresh = view.rows.filter((row) => !view.seen.has(row.key)).length;
  frame.querySelector(".held")?.remove();
  for (const row of frame.querySelectorAll("tbody tr")) {
    const now = view.rows.find((each) => each.key === row.dataset.key);
    row.classList.toggle("aside", !now || now.closed);
    if (now) {
      row.querySelector(".state").replaceWith(stateCell(now));
      row.querySelector(".subject").replaceWith(subjectCell(now));
    }
  }
  if (!fresh) return;
  const show = element("button", "held", `${fresh} new: show`);
  show.onclick = () => draw(root, view);
  frame.append(show);
}

function isRead(root, frame) {
  return frame?.matches(":hover") || Boolean(root.querySelector("tr:focus")) || root.activeElement?.tagName === "TR";
}

function rowInFocus(root) {
  return root.querySelector("tbody tr:focus");
}

// Keys work wherever the page is, but for where somebody writes.
function onKey(root, view, event) {
  if (!root.isConnected || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.composedPath()[0];
  if (view.deciding && !target.matches?.("input, textarea, select, [contenteditable]")) {
    const { act, rows } = view.deciding;
    const reason = view.reasons[act][Number(event.key) - 1];
    if (reason) finish(view, act, reason, rows);
  }
  if (event.key === "Escape" && (view.deciding || view.chosen.size)) return forget(view);
  if (target.matches?.("input, textarea, select, button, a, [contenteditable], [role=combobox], [role=slider]")) return;
  const row = rowInFocus(root);
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (step && (row || event.key.length === 1)) {
    const rows = [...root.querySelectorAll("tbody tr")];
    const at = row ? rows.indexOf(row) + step : 0;
    rows[Math.min(Math.max(at, 0), rows.length - 1)]?.focus();
    event.preventDefault();
  } else if (row && (event.key === "Enter" || event.key === "o")) {
    view.open(row.dataset.key);
  } else if (acts(view) && row && event.key === "x") {
    choose(view, row.dataset.key);
    row.nextElementSibling?.focus();
  } else if (acts(view)) {
    const act = { t: "take", c: "confirmed", d: "dismissed" }[event.key];
    if (act) ask(view, act);
  }
}

const views = new WeakMap();

export default function (component) {
  const { parentElement: root, data, setTriggerValue } = component;
  let view = views.get(root);
  if (!view) {
    view = { seen: null, chosen: new Set(), deciding: null, root };
    views.set(root, view);
    const made = view;
    const listen = (event) => (root.isConnected ? onKey(root, made, event) : document.removeEventListener("keydown", listen));
    document.addEventListener("keydown", listen);
  }
  const before = view.rows?.map((row) => row.key).join();
  Object.assign(view, { rows: data.rows, selected: data.selected, empty: data.empty, reasons: data.reasons ?? {} });
  const present = new Set(view.rows.map((row) => row.key));
  for (const key of view.chosen) if (!present.has(key)) view.chosen.delete(key);
  view.open = (key) => setTriggerValue("opened", key);
  view.act = (wish) => setTriggerValue("acted", wish);
  const moved = before !== undefined && before !== view.rows.map((row) => row.key).join();
  const frame = root.querySelector(".frame");
  if (moved && view.seen?.size && isRead(root, frame) && data.query === view.query) hold(root, view);
  else draw(root, view);
  view.query = data.query;
}
