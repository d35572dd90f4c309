// Draws the flow of money as SVG. Labels are text nodes and styles are classes: nothing from the chain is markup.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 168, HEIGHT = 46, TALLEST = 560, MARGIN = 12, SMALLEST = 0.72;

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

// Edges between the same two nodes are bent apart; one that goes back to the left passes below.
function curve(from, to, lane) {
  const bend = 22 * lane;
  if (from.id === to.id) {
    const top = from.y - HEIGHT / 2, out = 34 + 14 * lane;
    return { d: `M${from.x - 24} ${top}C${from.x - 40} ${top - out} ${from.x + 40} ${top - out} ${from.x + 24} ${top}`,
      x: from.x, y: top - out * 0.75 - 3 };
  }
  if (to.x > from.x) {
    const x1 = from.x + WIDTH / 2, x2 = to.x - WIDTH / 2, half = (x2 - x1) / 2;
    return { d: `M${x1} ${from.y}C${x1 + half} ${from.y + bend} ${x2 - half} ${to.y + bend} ${x2} ${to.y}`,
      x: (x1 + x2) / 2, y: (from.y + to.y) / 2 + 0.75 * bend - 5 };
  }
  const y1 = from.y + HEIGHT / 2, y2 = to.y + HEIGHT / 2, low = Math.max(y1, y2) + 34 + bend;
  return { d: `M${from.x} ${y1}C${from.x} ${low} ${to.x} ${low} ${to.x} ${y2}`,
    x: (from.x + to.x) / 2, y: 0.25 * ((y1 + y2) / 2) + 0.75 * low + 12 };
}

function drawEdges(flow, layer) {
  const at = new Map(flow.nodes.map((node) => [node.id, node]));
  const lanes = new Map();
  for (const edge of flow.edges) {
    const pair = [edge.source, edge.target].join();
    const lane = lanes.get(pair) ?? 0;
    lanes.set(pair, lane + 1);
    const { d, x, y } = curve(at.get(edge.source), at.get(edge.target), lane);
    const group = shape("g", { class: "link" });
    group.dataset.ends = pair;
    group.append(shape("title", {}, edge.detail), shape("path", { class: "edge", d, "marker-end": "url(#arrow)" }));
    group.append(shape("text", { class: "amount", x, y, "text-anchor": "middle" }, edge.label));
    layer.append(group);
  }
}

function drawNodes(flow, layer, pick) {
  for (const node of flow.nodes) {
    const group = shape("g", { class: `node ${node.role}`, transform: `translate(${node.x} ${node.y})`, tabindex: 0 });
    group.dataset.id = node.id;
    group.append(
      shape("title", {}, node.full),
      shape("rect", { x: -WIDTH / 2, y: -HEIGHT / 2, width: WIDTH, height: HEIGHT, rx: 9 }),
      shape("text", { class: "address", y: -3, "text-anchor": "middle" }, node.label),
      shape("text", { class: "role", y: 14, "text-anchor": "middle" }, node.role),
    );
    group.onclick = () => pick(node.id);
    group.onkeydown = (event) => event.key === "Enter" && pick(node.id);
    layer.append(group);
  }
}

// Picking a wallet fades what it did not touch; picking it again brings everything back.
function highlighter(layer) {
  let picked = null;
  return (id) => {
    picked = picked === id ? null : id;
    const near = new Set([picked]);
    for (const link of layer.querySelectorAll(".link")) {
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

export default function ({ parentElement: root, data: flow }) {
  const svg = shape("svg", { role: "img", "aria-label": "flow of money, left to right" });
  const layer = shape("g", {});
  drawEdges(flow, layer);
  drawNodes(flow, layer, highlighter(layer));
  svg.append(arrowHead(), layer);
  const frame = document.createElement("div");
  frame.className = "frame";
  const hint = document.createElement("div");
  hint.className = "hint";
  hint.textContent = "drag to move · Ctrl + wheel to zoom · click a wallet for its own flows";
  frame.append(svg, hint);
  root.querySelector(".frame")?.remove();
  root.append(frame);
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
