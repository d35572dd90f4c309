// Draws the flow of money as SVG. Labels are text nodes and styles are classes: nothing from the chain is markup.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 168, HEIGHT = 46, TALLEST = 1000, MARGIN = 12, SMALLEST = 0.72, LANE = 22, STILL = 4;
const HINT = "drag a wallet to put it elsewhere, or all of it to move · Ctrl + wheel to zoom · click a wallet or an amount";

function shape(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function arrowHead() {
  const marker = shape("marker", {
    id: "arrow", viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse",
  });
  marker.append(shape("path", { d: "M0 0L10 5L0 10z" }));
  const definitions = shape("defs", {});
  definitions.append(marker);
  return definitions;
}

// Text that would be wider than its room is drawn narrower: not every letter is as wide as it was taken for.
function fit(text) {
  const room = Number(text.dataset.room);
  if (text.getComputedTextLength() <= room) return;
  text.setAttribute("textLength", room);
  text.setAttribute("lengthAdjust", "spacingAndGlyphs");
}

function roomy(text, room) {
  text.dataset.room = room;
  return text;
}

function pressable(group, label, press) {
  group.setAttribute("tabindex", 0);
  group.setAttribute("role", "button");
  group.setAttribute("aria-label", label);
  group.onclick = press;
  group.addEventListener("keydown", (event) => event.key === "Enter" && press(event));
  return group;
}

// Lines and places of labels come ready (see dashboard/flow), but for those of a wallet that was put elsewhere.
function lineOf(view, edge) {
  const { source, target } = edge;
  if (!view.moved.has(source) && !view.moved.has(target)) return [edge.path, edge.x, edge.y];
  const from = view.moved.get(source) ?? view.places.get(source), to = view.moved.get(target) ?? view.places.get(target);
  const ours = view.flow.edges.filter((each) => [source, target].includes(each.source) && [source, target].includes(each.target)
    && (each.source === each.target) === (source === target));
  const bend = ((ours.indexOf(edge) - (ours.length - 1) / 2) * LANE) / 0.75;
  if (source === target) {
    const top = from.y - HEIGHT / 2, out = 58 + ours.indexOf(edge) * LANE;
    return [`M${from.x - 24} ${top}C${from.x - 60} ${top - out} ${from.x + 60} ${top - out} ${from.x + 24} ${top}`, from.x, top - 0.75 * out + 8];
  }
  const side = from.x <= to.x ? 1 : -1;
  const x1 = from.x + (side * WIDTH) / 2, x2 = to.x - (side * WIDTH) / 2, half = (x2 - x1) / 2;
  const path = `M${x1} ${from.y}C${x1 + half} ${from.y + bend} ${x2 - half} ${to.y + bend} ${x2} ${to.y}`;
  return [path, (x1 + x2) / 2, (from.y + to.y) / 2 + 0.75 * bend + 4];
}

function drawEdges(view, layer) {
  const shown = view.flow.edges.filter((edge) => !view.hidden.has(edge.source) && !view.hidden.has(edge.target));
  const lines = shown.map((edge) => [edge, ...lineOf(view, edge)]);
  for (const [edge, path] of lines) {
    const group = shape("g", { class: "line" });
    group.dataset.ends = JSON.stringify([edge.source, edge.target]);
    group.append(shape("title", {}, edge.detail), shape("path", { class: "edge", d: path, "marker-end": "url(#arrow)" }));
    layer.append(group);
  }
  for (const [edge, , x, y] of lines) {
    const group = pressable(shape("g", { class: "link" }), edge.label, () => pick(view, [edge.source, edge.target]));
    group.dataset.ends = JSON.stringify([edge.source, edge.target]);
    const text = roomy(shape("text", { class: "amount", x, y, "text-anchor": "middle" }, edge.label), edge.room);
    group.append(shape("title", {}, edge.detail), text);
    layer.append(group);
  }
}

function drawNode(view, node) {
  const { x, y } = view.moved.get(node.id) ?? node;
  const pinned = view.moved.has(node.id) ? " pinned" : "";
  const group = shape("g", { class: `node ${node.tone}${pinned}`, transform: `translate(${x} ${y})` });
  const folded = view.folded.get(node.id)?.length;
  pressable(group, `${node.label} ${node.role}`, (event) => {
    if (event.type !== "click" || !view.dragged) pick(view, [node.id]);
  });
  group.dataset.id = node.id;
  group.append(
    shape("title", {}, node.full),
    shape("rect", { x: -WIDTH / 2, y: -HEIGHT / 2, width: WIDTH, height: HEIGHT, rx: 9 }),
    roomy(shape("text", { class: "address", y: -3, "text-anchor": "middle" }, node.label), WIDTH - 16),
    roomy(shape("text", { class: "role", y: 14, "text-anchor": "middle" }, folded ? `${node.role} +${folded} folded` : node.role), WIDTH - 16),
  );
  group.ondblclick = () => view.open(node.id);
  group.addEventListener("keydown", (event) => event.key === "o" && view.open(node.id));
  return group;
}

// What is picked, a wallet or the payments between two, fades what it did not touch; again brings all back.
function pick(view, ends) {
  const same = JSON.stringify(view.picked) === JSON.stringify(ends);
  view.picked = same ? null : ends;
  show(view);
  view.ask({ what: "pick", ends: view.picked ?? [] });
}

function show(view) {
  const { picked, layer } = view, near = new Set(picked ?? []);
  for (const link of layer.querySelectorAll(".line, .link")) {
    const ends = JSON.parse(link.dataset.ends);
    const touches = !picked || (picked.length === 1 ? ends.includes(picked[0]) : ends.join() === picked.join());
    link.classList.toggle("faint", !touches);
    if (touches && picked) ends.forEach((end) => near.add(end));
  }
  for (const node of layer.querySelectorAll(".node")) {
    node.classList.toggle("faint", Boolean(picked) && !near.has(node.dataset.id));
    node.setAttribute("aria-pressed", String(picked?.length === 1 && picked[0] === node.dataset.id));
  }
  drawTools(view);
}

// Folding takes away the wallets that hang on the picked one only; folding again brings them back.
function leaves(view, id) {
  const around = new Map();
  for (const { source, target } of view.flow.edges) {
    for (const [one, other] of [[source, target], [target, source]]) around.set(one, (around.get(one) ?? new Set()).add(other));
  }
  return [...(around.get(id) ?? [])].filter((other) => other !== id && [...around.get(other)].every((each) => each === id || each === other));
}

function fold(view, id) {
  if (!view.folded.delete(id)) view.folded.set(id, leaves(view, id));
  view.hidden = new Set([...view.folded.values()].flat());
  redraw(view);
}

function pin(view, id) {
  if (!view.moved.delete(id)) view.moved.set(id, { ...view.places.get(id) });
  redraw(view);
}

// Undo takes back one step of its own kind: where a wallet stood, what was folded, what was asked of the store.
function remember(view, undo) {
  view.before.push(undo);
  if (view.before.length > 100) view.before.shift();
}

function putBack(view, id, place) {
  return () => {
    if (place) view.moved.set(id, place);
    else view.moved.delete(id);
    redraw(view);
  };
}

function tool(view, name, enabled, press) {
  const made = element("button", "tool", name);
  made.disabled = !enabled;
  made.onclick = press;
  view.tools.append(made);
}

function drawTools(view) {
  const id = view.picked?.length === 1 ? view.picked[0] : null;
  const node = view.flow.nodes.find((each) => each.id === id);
  const expand = (what) => () => {
    remember(view, () => view.ask({ what: "undo" }));
    view.ask({ what, ends: [id] });
  };
  view.tools.replaceChildren();
  tool(view, "Undo", view.before.length > 0, () => view.before.pop()?.() ?? drawTools(view));
  if (view.flow.grows) {
    tool(view, "Who paid it", Boolean(node?.alone), expand("in"));
    tool(view, "Whom it paid", Boolean(node?.alone), expand("out"));
  }
  tool(view, view.folded.has(id) ? "Unfold" : "Fold", Boolean(id) && (view.folded.has(id) || leaves(view, id).length > 0), () => {
    remember(view, () => fold(view, id));
    fold(view, id);
  });
  tool(view, view.moved.has(id) ? "Unpin" : "Pin", Boolean(id), () => {
    remember(view, putBack(view, id, view.moved.get(id)));
    pin(view, id);
  });
  tool(view, "Open its page", Boolean(node?.alone), () => view.open(id));
}

function movable(view) {
  const { svg, box } = view;
  const frame = () => svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
  const scale = () => box.width / svg.clientWidth;
  let last = null, held = null;
  svg.onpointerdown = (event) => {
    last = [event.clientX, event.clientY];
    const id = event.target.closest?.(".node")?.dataset.id;
    held = id ? { id, at: { ...(view.moved.get(id) ?? view.places.get(id)) }, from: view.moved.get(id), begun: last } : null;
    view.dragged = false;
  };
  svg.onpointermove = (event) => {
    if (!last || !event.buttons) return;
    const [across, down] = [(event.clientX - last[0]) * scale(), (event.clientY - last[1]) * scale()];
    last = [event.clientX, event.clientY];
    if (!held) {
      box.x -= across;
      box.y -= down;
      return frame();
    }
    held.at = { x: held.at.x + across, y: held.at.y + down };
    view.dragged ||= Math.hypot(last[0] - held.begun[0], last[1] - held.begun[1]) > STILL;
    if (view.dragged) {
      view.moved.set(held.id, held.at);
      redraw(view);
    }
  };
  svg.onpointerup = () => {
    if (held && view.dragged) {
      remember(view, putBack(view, held.id, held.from));
      drawTools(view);
    }
    held = last = null;
  };
  svg.onwheel = (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const factor = event.deltaY > 0 ? 1.12 : 1 / 1.12;
    box.x += (box.width * (1 - factor)) / 2;
    box.y += (box.height * (1 - factor)) / 2;
    box.width *= factor;
    box.height *= factor;
    frame();
  };
  frame();
}

function redraw(view) {
  const focused = view.layer.querySelector(":focus")?.dataset.id;
  view.layer.replaceChildren();
  drawEdges(view, view.layer);
  for (const node of view.flow.nodes) if (!view.hidden.has(node.id)) view.layer.append(drawNode(view, node));
  for (const text of view.layer.querySelectorAll("text")) fit(text);
  show(view);
  if (focused) view.layer.querySelector(`.node[data-id="${CSS.escape(focused)}"]`)?.focus();
}

function draw(root, view) {
  view.svg = shape("svg", { role: "group", "aria-label": "flow of money, left to right" });
  view.layer = shape("g", {});
  view.svg.append(arrowHead(), view.layer);
  view.tools = element("div", "tools");
  view.tools.setAttribute("role", "toolbar");
  view.tools.setAttribute("aria-label", "what to do with the flow");
  const frame = element("div", "frame");
  frame.append(view.tools, view.svg, element("div", "hint", HINT));
  root.querySelector(".frame")?.remove();
  root.append(frame);
  redraw(view);
  const edge = view.layer.getBBox();
  // A long flow begins at its left end, readable; the rest is a drag away.
  const whole = Math.max(edge.width + 2 * MARGIN, Math.min(frame.clientWidth || 900, 900));
  const wide = Math.min(whole, (frame.clientWidth || whole) / SMALLEST);
  const tall = Math.min(TALLEST, Math.max(150, edge.height + 5 * MARGIN));
  view.svg.style.height = `${tall}px`;
  const high = Math.max(edge.height + 5 * MARGIN, (wide * tall) / (frame.clientWidth || wide));
  const left = wide < whole ? edge.x - MARGIN : edge.x + edge.width / 2 - wide / 2;
  view.box = { x: left, y: edge.y + edge.height / 2 - high / 2, width: wide, height: high };
  movable(view);
}

const views = new WeakMap();

export default function ({ parentElement: root, data: flow, setTriggerValue }) {
  const told = JSON.stringify(flow);
  const view = views.get(root) ?? { moved: new Map(), folded: new Map(), hidden: new Set(), before: [], picked: null };
  views.set(root, view);
  view.open = (id) => setTriggerValue("opened", id);
  view.ask = (wish) => setTriggerValue("asked", wish);
  // What is drawn again by itself must not take the picture from under who moves it.
  if (view.told === told && root.querySelector(".frame")) return;
  const known = new Set(flow.nodes.map((node) => node.id));
  Object.assign(view, { told, flow, places: new Map(flow.nodes.map((node) => [node.id, { x: node.x, y: node.y }])) });
  for (const kept of [view.moved, view.folded]) for (const id of kept.keys()) if (!known.has(id)) kept.delete(id);
  for (const id of view.folded.keys()) view.folded.set(id, leaves(view, id));
  view.hidden = new Set([...view.folded.values()].flat());
  if (view.picked?.some((id) => !known.has(id))) view.picked = null;
  draw(root, view);
}
