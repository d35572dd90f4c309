// The list of alerts. Every text is set as text, never as markup: names on a chain are written by strangers.
const COLUMNS = [
  ["Severity", "100px"], ["Score", "112px"], ["Category", "148px"], ["Why", "auto"], ["Subject", "148px"],
  ["Status", "100px"], ["Block", "72px"], ["Time (UTC)", "112px"],
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

function line(row, view, open) {
  const made = element("tr", [row.status === "retracted" ? "retracted" : "", row.aside ? "aside" : ""].join(" ").trim());
  made.tabIndex = 0;
  made.dataset.key = row.key;
  made.setAttribute("aria-label", `${row.severity} ${row.category}`);
  if (row.key === view.selected) made.classList.add("selected");
  if (view.seen && !view.seen.has(row.key)) made.classList.add("arrived");
  made.append(
    severityCell(row.tone, row.severity), scoreCell(row.share, row.score), cell("", row.category), whyCell(row.why),
    cell("mono", row.subject, row.subject_full), cell("soft", row.aside ? "set aside" : row.state, row.status), cell("number", row.block),
    cell("number soft", row.time),
  );
  made.onclick = () => open(row.key);
  return made;
}

function heading() {
  const row = element("tr");
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
  table.append(heading(), body);
  const frame = element("div", "frame");
  if (view.rows.length) frame.append(table);
  else frame.append(element("div", "empty", view.empty));
  root.querySelector(".frame")?.remove();
  root.append(frame);
  frame.onmouseleave = () => !rowInFocus(root) && draw(root, view);
  view.seen = new Set(view.rows.map((row) => row.key));
  if (focused) body.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

// Rows do not move under who reads them: what arrives meanwhile is announced, and drawn when it is asked for.
function hold(root, view) {
  const frame = root.querySelector(".frame");
  const fresh = view.rows.filter((row) => !view.seen.has(row.key)).length;
  frame.querySelector(".held")?.remove();
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
  } else if (row && event.key === "x") {
    const next = row.nextElementSibling;
    row.classList.toggle("aside");
    view.dismiss(row.dataset.key);
    next?.focus();
  }
}

const views = new WeakMap();

export default function (component) {
  const { parentElement: root, data, setTriggerValue } = component;
  let view = views.get(root);
  if (!view) {
    view = { seen: null };
    views.set(root, view);
    const made = view;
    const listen = (event) => (root.isConnected ? onKey(root, made, event) : document.removeEventListener("keydown", listen));
    document.addEventListener("keydown", listen);
  }
  const before = view.rows?.map((row) => row.key).join();
  Object.assign(view, { rows: data.rows, selected: data.selected, empty: data.empty });
  view.open = (key) => setTriggerValue("opened", key);
  view.dismiss = (key) => setTriggerValue("dismissed", key);
  const moved = before !== undefined && before !== view.rows.map((row) => row.key).join();
  const frame = root.querySelector(".frame");
  if (moved && view.seen?.size && isRead(root, frame) && data.query === view.query) hold(root, view);
  else draw(root, view);
  view.query = data.query;
}
