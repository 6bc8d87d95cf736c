// A grid of maps with one legend: hovering reads a value, a click or the keyboard chooses a map.

const grids = new WeakMap();
const GAP = 2;

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let grid = grids.get(parentElement);
  if (!grid) {
    grid = new MapGrid(parentElement.querySelector(".maps"));
    grids.set(parentElement, grid);
  }
  grid.show(data, (chosen) => setTriggerValue("chosen", chosen));
  return () => {
    grid.resize.disconnect();
    grids.delete(parentElement);
  };
}

class MapGrid {
  constructor(root) {
    this.root = root;
    this.drawn = 0;
    this.base = root.querySelector(".base");
    this.over = root.querySelector(".over");
    this.read = root.querySelector("[data-role=read]");
    this.resize = new ResizeObserver(() => {
      if (this.spec && root.clientWidth && root.clientWidth !== this.width) this.draw();
    });
    this.resize.observe(root);
    this.over.onpointermove = (event) => this.hover(this.at(event));
    this.over.onpointerleave = () => this.hover(null);
    this.over.onclick = (event) => {
      const at = this.at(event);
      if (at) this.choose(at.map);
    };
    this.over.onkeydown = (event) => this.key(event);
  }

  show(data, tell) {
    this.spec = data.spec;
    this.maps = unpack(data).maps;
    this.table = TABLES[this.spec.scale.table];
    this.tell = tell;
    this.chosen = this.cursor = this.spec.chosen; // where nothing is marked as chosen, arrow keys only look, and Enter chooses
    const [count, h, w] = this.spec.shape;
    this.root.classList.toggle("choosable", this.spec.choosable);
    this.over.tabIndex = 0;
    this.over.setAttribute("role", "application");
    this.over.setAttribute(
      "aria-label",
      `${this.spec.label}: ${count} ${count === 1 ? "map" : "maps"} of ${h} by ${w} values.` + (this.spec.choosable ? (this.spec.chosen === null ? " Arrow keys walk, Enter chooses." : " Arrow keys choose one.") : ""),
    );
    this.draw();
  }

  draw() {
    const { shape: [count, h, w], columns, scale, cell, quantity } = this.spec;
    this.width = this.root.clientWidth;
    const across = Math.min(columns, count), down = Math.ceil(count / columns);
    const gap = count > 1 ? GAP : 0;
    this.cell = cell || Math.max(1, Math.min(56, Math.floor((Math.min(this.width, 900) - across * gap) / (across * w))));
    if (count > 1 && !cell) this.cell = Math.min(this.cell, Math.max(2, Math.floor(800 / (down * h))), 12);
    this.pitch = [h * this.cell + gap, w * this.cell + gap];
    const size = [across * this.pitch[1], down * this.pitch[0]];
    const context = sized(this.base, ...size);
    context.fillStyle = "#888"; // between the maps, on light and dark
    context.fillRect(0, 0, ...size);
    for (let i = 0; i < count; i++) {
      const x = (i % columns) * this.pitch[1], y = Math.floor(i / columns) * this.pitch[0];
      drawMap(context, { values: this.maps, offset: i * h * w, rows: h, cols: w, cell: this.cell, x, y, scale, table: this.table });
    }
    this.pen = sized(this.over, ...size);
    drawLegend(this.root.querySelector(".legend"), quantity, range(this.maps, 0, this.maps.length), scale, this.table);
    this.mark();
    this.hover(null);
    this.root.dataset.drawn = ++this.drawn; // tests and benchmarks wait for it
    this.root.dataset.chosen = this.chosen ?? "";
  }

  mark() {
    const { shape: [count, h, w], columns } = this.spec;
    this.pen.clearRect(0, 0, this.over.width, this.over.height);
    const marked = this.spec.chosen === null ? this.cursor : this.chosen;
    if (marked === null || count < 2) return;
    frame(this.pen, (marked % columns) * this.pitch[1], Math.floor(marked / columns) * this.pitch[0], w * this.cell, h * this.cell, 2);
  }

  at(event) {
    const { shape: [count, h, w], columns } = this.spec;
    const box = this.over.getBoundingClientRect();
    const enlarged = box.width / this.over.offsetWidth || 1; // by the projector
    const x = (event.clientX - box.left) / enlarged, y = (event.clientY - box.top) / enlarged;
    const across = Math.floor(x / this.pitch[1]), down = Math.floor(y / this.pitch[0]);
    const map = down * columns + across;
    const col = Math.floor((x % this.pitch[1]) / this.cell), row = Math.floor((y % this.pitch[0]) / this.cell);
    return map >= 0 && map < count && across < columns && row < h && col < w ? { map, row, col } : null;
  }

  hover(at) {
    const { shape: [count, h, w] } = this.spec;
    if (!at) this.read.textContent = "";
    else this.read.textContent = `${count > 1 ? this.name(at.map) : ""}${h * w > 1 ? `${count > 1 ? ", " : ""}row ${at.row}, column ${at.col}` : ""}: ${text(this.maps[(at.map * h + at.row) * w + at.col], 4)}`;
  }

  name(map) {
    return `${this.spec.item} ${this.spec.numbers[map] ?? map}`;
  }

  choose(map) {
    if (!this.spec.choosable || (map === this.chosen && this.spec.chosen !== null)) return;
    this.chosen = map;
    this.root.dataset.chosen = map;
    this.mark();
    this.tell(map);
  }

  key(event) {
    const { shape: [count], columns } = this.spec;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const walks = this.spec.chosen === null;
    if (!this.spec.choosable || (by === undefined && !(walks && event.key === "Enter"))) return;
    event.preventDefault();
    if (event.key === "Enter") return this.choose(this.cursor ?? 0);
    const next = walks && this.cursor === null ? 0 : (walks ? this.cursor : this.chosen ?? 0) + by;
    if (next < 0 || next >= count) return;
    if (!walks) return this.choose(next);
    this.cursor = next;
    this.mark();
    const [, h, w] = this.spec.shape, { min, max } = range(this.maps, next * h * w, h * w);
    this.read.textContent = `${this.name(next)}: ${h * w === 1 ? text(max, 4) : `from ${text(min, 4)} to ${text(max, 4)}`}`;
  }
}
