// Draws the flow of money as SVG. Labels are text nodes and styles are classes: nothing from the chain is markup.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 168, HEIGHT = 46, TALLEST = 1000, MARGIN = 12, SMALLEST = 0.72;

function shape(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
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
function fit(text, room) {
  if (text.getComputedTextLength() <= room) return;
  text.setAttribute("textLength", room);
  text.setAttribute("lengthAdjust", "spacingAndGlyphs");
}

// Lines and places of labels come ready: see dashboard/flow. Labels lie above all lines.
function drawEdges(flow, layer) {
  for (const edge of flow.edges) {
    const group = shape("g", { class: "line" });
    group.dataset.ends = [edge.source, edge.target].join();
    group.append(shape("title", {}, edge.detail), shape("path", { class: "edge", d: edge.path, "marker-end": "url(#arrow)" }));
    layer.append(group);
  }
  for (const edge of flow.edges) {
    const group = shape("g", { class: "link" });
    group.dataset.ends = [edge.source, edge.target].join();
    const text = shape("text", { class: "amount", x: edge.x, y: edge.y, "text-anchor": "middle" }, edge.label);
    text.dataset.room = edge.room;
    group.append(shape("title", {}, edge.detail), text);
    layer.append(group);
  }
}

function roomy(text) {
  text.dataset.room = WIDTH - 16;
  return text;
}

function drawNodes(flow, layer, pick, open) {
  for (const node of flow.nodes) {
    const group = shape("g", { class: `node ${node.tone}`, transform: `translate(${node.x} ${node.y})`, tabindex: 0 });
    group.dataset.id = node.id;
    group.append(
      shape("title", {}, node.full),
      shape("rect", { x: -WIDTH / 2, y: -HEIGHT / 2, width: WIDTH, height: HEIGHT, rx: 9 }),
      roomy(shape("text", { class: "address", y: -3, "text-anchor": "middle" }, node.label)),
      roomy(shape("text", { class: "role", y: 14, "text-anchor": "middle" }, node.role)),
    );
    group.onclick = () => pick(node.id);
    group.ondblclick = () => open(node.id);
    group.onkeydown = (event) => {
      if (event.key === "Enter") pick(node.id);
      if (event.key === "o") open(node.id);
    };
    layer.append(group);
  }
}

// Picking a wallet fades what it did not touch; picking it again brings everything back.
function highlighter(layer) {
  let picked = null;
  return (id) => {
    picked = picked === id ? null : id;
    const near = new Set([picked]);
    for (const link of layer.querySelectorAll(".line, .link")) {
      const ends = link.dataset.ends.split(",");
      const touches = picked === null || ends.includes(picked);
      link.classList.toggle("faint", !touches);
      if (touches) ends.forEach((end) => near.add(end));
    }
    for (const node of layer.querySelectorAll(".node")) {
      node.classList.toggle("faint", picked !== null && !near.has(node.dataset.id));
    }
  };
}

function movable(svg, box) {
  const show = () => svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
  const scale = () => box.width / svg.clientWidth;
  let last = null;
  svg.onpointerdown = (event) => { last = [event.clientX, event.clientY]; };
  svg.onpointermove = (event) => {
    if (!last || !event.buttons) return;
    box.x -= (event.clientX - last[0]) * scale();
    box.y -= (event.clientY - last[1]) * scale();
    last = [event.clientX, event.clientY];
    show();
  };
  svg.onwheel = (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const factor = event.deltaY > 0 ? 1.12 : 1 / 1.12;
    box.x += (box.width * (1 - factor)) / 2;
    box.y += (box.height * (1 - factor)) / 2;
    box.width *= factor;
    box.height *= factor;
    show();
  };
  show();
}

export default function ({ parentElement: root, data: flow, setTriggerValue }) {
  const svg = shape("svg", { role: "img", "aria-label": "flow of money, left to right" });
  const layer = shape("g", {});
  drawEdges(flow, layer);
  drawNodes(flow, layer, highlighter(layer), (id) => setTriggerValue("opened", id));
  svg.append(arrowHead(), layer);
  const frame = document.createElement("div");
  frame.className = "frame";
  const hint = document.createElement("div");
  hint.className = "hint";
  hint.textContent = "drag to move · Ctrl + wheel to zoom · click a wallet for its own flows · double-click (or O) for its page";
  frame.append(svg, hint);
  root.querySelector(".frame")?.remove();
  root.append(frame);
  for (const text of layer.querySelectorAll("text")) fit(text, Number(text.dataset.room));
  const edge = layer.getBBox();
  // A long flow begins at its left end, readable; the rest is a drag away.
  const whole = Math.max(edge.width + 2 * MARGIN, Math.min(frame.clientWidth || 900, 900));
  const wide = Math.min(whole, (frame.clientWidth || whole) / SMALLEST);
  const tall = Math.min(TALLEST, Math.max(150, edge.height + 5 * MARGIN));
  svg.style.height = `${tall}px`;
  const high = Math.max(edge.height + 5 * MARGIN, (wide * tall) / (frame.clientWidth || wide));
  const left = wide < whole ? edge.x - MARGIN : edge.x + edge.width / 2 - wide / 2;
  const box = { x: left, y: edge.y + edge.height / 2 - high / 2, width: wide, height: high };
  movable(svg, box);
}
