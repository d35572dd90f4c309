// A table of text. Every text is set as text, never as markup: names on a chain are written by strangers.
// A cell may lead to another screen: it is a real link, so that it opens in a tab of its own too.
function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function inside(cell, open) {
  if (cell.tone) return element("span", `badge ${cell.tone}`, cell.text);
  if (!cell.href) return document.createTextNode(cell.text);
  const link = element("a", "", cell.text);
  link.setAttribute("href", cell.href);
  link.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(cell.link);
  };
  return link;
}

function drawCell(cell, column, open) {
  const made = element("td", column.kind || "");
  if (cell.share !== undefined) {
    const bar = element("span", "bar");
    const fill = element("i");
    fill.style.width = `${Math.round(100 * cell.share)}%`;
    bar.append(fill);
    made.append(bar);
  }
  made.append(inside(cell, open));
  if (cell.copy) {
    const copy = element("button", "copy", "copy");
    copy.setAttribute("aria-label", `copy ${cell.copy}`);
    copy.onclick = (event) => {
      event.stopPropagation();
      navigator.clipboard?.writeText(cell.copy);
      copy.textContent = "copied";
      setTimeout(() => { copy.textContent = "copy"; }, 1200);
    };
    made.append(copy);
  }
  if (cell.full) made.title = cell.full;
  return made;
}

export default function ({ parentElement: root, data, setTriggerValue }) {
  const open = (link) => setTriggerValue("opened", link);
  const before = root.querySelector(".frame");
  const scrolled = before ? before.scrollLeft : 0;
  const frame = element("div", "frame");
  if (!data.rows.length) {
    frame.append(element("div", "empty", data.empty));
  } else {
    const head = element("tr");
    for (const column of data.columns) {
      const made = element("th", column.kind || "", column.name);
      made.scope = "col";
      if (column.width) made.style.width = column.width;
      head.append(made);
    }
    const top = element("thead");
    top.append(head);
    const body = element("tbody");
    for (const row of data.rows) {
      const made = element("tr", row.faint ? "faint" : "");
      row.cells.forEach((cell, at) => made.append(drawCell(cell, data.columns[at], open)));
      body.append(made);
    }
    const table = element("table");
    if (data.label) table.setAttribute("aria-label", data.label);
    table.append(top, body);
    frame.append(table);
  }
  before?.remove();
  root.append(frame);
  frame.scrollLeft = scrolled;
}
