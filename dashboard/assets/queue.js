// The list of alerts. Every text is set as text, never as markup: names on a chain are written by strangers.
const COLUMNS = [
  ["Severity", "98px"], ["Score", "118px"], ["Category", "156px"], ["Why", "auto"], ["Subject", "164px"],
  ["Status", "110px"], ["Block", "96px"], ["Time (UTC)", "172px"],
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
  for (const part of text.split(/(0x[0-9a-zA-Z]+(?:…[0-9a-zA-Z]+)?)/)) {
    if (part) made.append(part.startsWith("0x") ? element("span", "name", part) : part);
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
  const made = element("tr", row.status === "retracted" ? "retracted" : "");
  made.tabIndex = 0;
  made.dataset.key = row.key;
  made.setAttribute("aria-label", `${row.severity} ${row.category}`);
  if (row.key === view.selected) made.classList.add("selected");
  if (view.seen && !view.seen.has(row.key)) made.classList.add("arrived");
  made.append(
    severityCell(row.tone, row.severity), scoreCell(row.share, row.score), cell("", row.category), whyCell(row.why),
    cell("mono", row.subject, row.subject_full), cell("soft", row.state, row.status), cell("number", row.block),
    cell("number soft", row.time),
  );
  made.onclick = () => open(row.key);
  made.onkeydown = (event) => {
    if (event.key === "Enter") open(row.key);
    if (event.key === "ArrowDown") made.nextElementSibling?.focus();
    if (event.key === "ArrowUp") made.previousElementSibling?.focus();
  };
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
  const focused = root.activeElement?.dataset?.key;
  const body = element("tbody");
  body.append(...view.rows.map((row) => line(row, view, view.open)));
  const table = element("table");
  table.append(heading(), body);
  const frame = element("div", "frame");
  if (view.rows.length) frame.append(table);
  else frame.append(element("div", "empty", view.empty));
  root.querySelector(".frame")?.remove();
  root.append(frame);
  view.seen = new Set(view.rows.map((row) => row.key));
  if (focused) body.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

// Rows do not move under a pointer that is about to click: what arrives meanwhile is announced, and drawn on leaving.
function hold(root, view) {
  const frame = root.querySelector(".frame");
  const fresh = view.rows.filter((row) => !view.seen.has(row.key)).length;
  frame.querySelector(".held")?.remove();
  if (fresh) frame.append(element("div", "held", `${fresh} new, shown when the pointer leaves the list`));
}

const views = new WeakMap();

export default function (component) {
  const { parentElement: root, data, setTriggerValue } = component;
  let view = views.get(root);
  if (!view) {
    view = { seen: null };
    views.set(root, view);
  }
  const before = view.rows?.map((row) => row.key).join();
  Object.assign(view, { rows: data.rows, selected: data.selected, empty: data.empty });
  view.open = (key) => setTriggerValue("opened", key);
  const moved = before !== undefined && before !== view.rows.map((row) => row.key).join();
  const frame = root.querySelector(".frame");
  if (moved && view.seen?.size && frame?.matches(":hover") && data.query === view.query) hold(root, view);
  else draw(root, view);
  view.query = data.query;
  const drawn = root.querySelector(".frame");
  drawn.onmouseleave = () => draw(root, view);
}
