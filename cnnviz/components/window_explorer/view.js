// What the explorer shows: maps drawn once for the data, and on top of them what changes with each move.

const CELL_GAP = 4;

const make = (tag, name, content = "") => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (content) element.textContent = content;
  return element;
};

/** A map with an overlay for frames; both canvases share one box. */
function mapBox(label) {
  const figure = make("figure", "map");
  const caption = make("figcaption");
  const box = make("div", "box");
  const base = make("canvas"), over = make("canvas", "over");
  base.setAttribute("aria-hidden", "true");
  over.tabIndex = 0;
  over.setAttribute("role", "application");
  over.setAttribute("aria-label", label);
  const legend = make("div", "legend");
  box.append(base, over);
  figure.append(caption, box, legend);
  return { figure, caption, box, base, over, legend, cell: 1 };
}

function hatch(context, x, y, width, height) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = "rgba(128,128,128,.8)";
  context.lineWidth = 1;
  context.beginPath();
  for (let d = -height; d < width; d += 6) { context.moveTo(x + d, y + height); context.lineTo(x + d + height, y); }
  context.stroke();
  context.restore();
}

/** Build the parts that depend on the number of channels, the kernel and the filters. */
function build(view, model) {
  const { spec } = model;
  const [filters, channels, kh, kw] = spec.kernel;
  const pairs = view.root.querySelector(".pairs"), result = view.root.querySelector(".result");
  const strip = view.root.querySelector(".strip");
  view.inputs = [];
  view.cells = [];
  view.legends = [];
  pairs.replaceChildren();
  const dense = kh * kw * channels > 100;
  for (let c = 0; c < channels; c++) {
    const map = mapBox(`Input, ${spec.channels[c]}: ${spec.input[1]} by ${spec.input[2]} values. Arrow keys show which outputs a cell feeds.`);
    map.caption.textContent = `Input · ${spec.channels[c]}`;
    const panel = make("figure", "window");
    panel.append(make("figcaption", "", channels > 1 ? `Window × kernel · ${spec.channels[c]}` : "Window × kernel"));
    const grid = make("div", dense ? "grid dense" : "grid");
    const cell = dense ? { width: 56, height: 34, top: 14 } : { width: kw > 3 ? 66 : 70, height: 52, top: 22 };
    grid.style.gridTemplateColumns = `repeat(${kw}, ${cell.width}px)`;
    grid.style.setProperty("--cell-height", `${cell.height}px`);
    grid.style.setProperty("--cell-top", `${cell.top}px`);
    const colours = make("canvas", "colours");
    colours.setAttribute("aria-hidden", "true");
    const context = sized(colours, kw * (cell.width + CELL_GAP), kh * (cell.height + CELL_GAP));
    grid.append(colours);
    grid.tabIndex = 0;
    grid.setAttribute("role", "group");
    grid.setAttribute("aria-label", `Products of ${spec.channels[c]}`);
    for (let i = 0; i < kh * kw; i++) {
      const box = make("div", "cell");
      const value = make("span", "value", "0"), weight = make("span", "weight", "0"), product = make("b", "product", "0");
      box.append(value, make("span", "times", "×"), weight, product);
      if (dense) for (const part of [value, weight, product]) part.textContent = ""; // hundreds of texts: on the canvas too
      grid.append(box);
      const x = (i % kw) * (cell.width + CELL_GAP), y = Math.floor(i / kw) * (cell.height + CELL_GAP);
      const half = cell.width / 2 - 6, below = cell.height - cell.top - 1;
      view.cells.push({
        box, border: false,
        value: { element: value, context, rect: [x + 1, y + 1, half, cell.top], font: dense && "10px system-ui" },
        weight: { element: weight, context, rect: [x + cell.width - half - 1, y + 1, half, cell.top], font: dense && "10px system-ui" },
        product: { element: product, context, rect: [x + 1, y + cell.top + 1, cell.width - 2, below], font: dense && "bold 12px system-ui" },
      });
    }
    panel.append(grid);
    if (c === channels - 1) {
      view.weightLegend = make("div", "legend");
      panel.append(view.weightLegend);
    }
    pairs.append(map.figure, panel);
    view.inputs.push(map);
  }
  view.output = mapBox(`Output map: ${spec.output[1]} by ${spec.output[2]} values. Arrow keys move the window, Home and End go to the ends of the row.`);
  view.output.figure.classList.add("output");
  result.replaceChildren(view.output.figure);
  strip.replaceChildren();
  view.chips = [];
  for (let f = 0; f < filters; f++) {
    const chip = make("button", "chip");
    chip.type = "button";
    chip.dataset.filter = f;
    const kernel = make("canvas"), map = make("canvas");
    kernel.setAttribute("aria-hidden", "true");
    map.setAttribute("aria-hidden", "true");
    chip.append(make("span", "name", `${f} · ${spec.filters[f]}`), kernel, map);
    strip.append(chip);
    view.chips.push({ chip, kernel, map });
  }
}

/** How large a cell may be so that `rows` × `cols` of them fit into a box. */
const cellSize = (width, height, rows, cols, most) =>
  Math.max(1, Math.min(most, Math.floor(width / cols), Math.floor(height / rows)));

/** Draw all maps for the data and the width at hand. */
function drawMaps(view, model, filter) {
  const { spec, padded, weight, output } = model;
  const [filters, channels, kh, kw] = spec.kernel;
  const [, height, width] = spec.padded, [, rows, cols] = spec.output;
  const space = view.root.clientWidth;
  const wide = space >= 760;
  view.root.classList.toggle("wide", wide);
  const tall = channels > 1 ? 230 : 400;
  const paired = !wide && channels > 1 && kw <= 3; // on a phone: a map and its window side by side
  view.root.classList.toggle("paired", paired);
  const room = wide ? Math.min(400, space * 0.32) : paired ? space - 232 : Math.min(400, space - 4);
  const inputTable = TABLES[spec.scale.table], scales = model.scales[filter];
  view.root.classList.toggle("large", kw > 5);
  view.root.classList.toggle("single", channels === 1);
  view.inputs.forEach((map, c) => {
    map.cell = cellSize(room, tall, height, width, 56);
    const context = sized(map.base, width * map.cell, height * map.cell);
    drawMap(context, { values: padded, offset: c * height * width, rows: height, cols: width, cell: map.cell, scale: spec.scale, table: inputTable });
    markBorder(context, spec, map.cell, view.background);
    sized(map.over, width * map.cell, height * map.cell);
    drawLegend(map.legend, "Input", dataRange(model, c), spec.scale, inputTable);
  });
  drawLegend(view.weightLegend, "Weights", range(weight, filter * channels * kh * kw, channels * kh * kw), scales.weights, TABLES.weights);
  const map = view.output;
  map.cell = cellSize(wide ? Math.min(400, space * 0.32) : Math.min(400, space - 4), 400, rows, cols, 56);
  map.caption.textContent = `Output · filter ${filter} (${spec.filters[filter]})`;
  drawMap(sized(map.base, cols * map.cell, rows * map.cell), { values: output, offset: filter * rows * cols, rows, cols, cell: map.cell, scale: scales.output, table: TABLES.activations });
  sized(map.over, cols * map.cell, rows * map.cell);
  drawLegend(map.legend, "Output", range(output, filter * rows * cols, rows * cols), scales.output, TABLES.activations);
  for (let f = 0; f < filters; f++) drawChip(view.chips[f], model, f, f === filter);
}

function drawChip({ chip, kernel, map }, model, f, chosen) {
  const { spec, weight, output } = model;
  const scales = model.scales[f];
  const [, channels, kh, kw] = spec.kernel, [, rows, cols] = spec.output;
  const small = Math.max(2, Math.floor(40 / Math.max(kh, kw)));
  const context = sized(kernel, channels * (kw * small + 2), kh * small);
  for (let c = 0; c < channels; c++)
    context.drawImage(pixels(weight, (f * channels + c) * kh * kw, kh, kw, scales.weights, TABLES.weights), c * (kw * small + 2), 0, kw * small, kh * small);
  const cell = Math.max(1, Math.floor(84 / Math.max(rows, cols)));
  sized(map, cols * cell, rows * cell).drawImage(pixels(output, f * rows * cols, rows, cols, scales.output, TABLES.activations), 0, 0, cols * cell, rows * cell);
  chip.setAttribute("aria-pressed", String(chosen));
}

/** The border is no data: hatched, with a line around the image. */
function markBorder(context, spec, cell, background) {
  const [top, left] = spec.padding, [, height, width] = spec.input, [, rows, cols] = spec.padded;
  if (rows === height && cols === width) return;
  const bands = [
    [0, 0, cols, top], [0, top + height, cols, rows - top - height],
    [0, top, left, height], [left + width, top, cols - left - width, height],
  ];
  for (const [x, y, w, h] of bands) {
    context.fillStyle = background;
    context.fillRect(x * cell, y * cell, w * cell, h * cell);
    hatch(context, x * cell, y * cell, w * cell, h * cell);
  }
  context.lineWidth = 1;
  context.strokeStyle = "rgba(128,128,128,1)";
  context.strokeRect(left * cell + 0.5, top * cell + 0.5, width * cell - 1, height * cell - 1);
}

/** Range of one channel's data, its border left out. */
function dataRange({ spec, padded }, c) {
  const [top, left] = spec.padding, [, height, width] = spec.input, [, rows, cols] = spec.padded;
  const values = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const start = (c * rows + top + y) * cols + left;
    values.set(padded.subarray(start, start + width), y * width);
  }
  return range(values, 0, values.length);
}

/** What changes with each move: frames, products, formula. No map is drawn again. */
function drawMove(view, model, state) {
  const { spec } = model;
  const { filter, row, col, source } = state;
  const [, channels, kh, kw] = spec.kernel;
  const [sh, sw] = spec.stride, [dh, dw] = spec.dilation;
  const fed = source ? fedBy(spec, source[0], source[1]) : [];
  for (const map of view.inputs) {
    const context = map.over.getContext("2d");
    context.clearRect(0, 0, map.over.width, map.over.height);
    if (source) frame(context, source[1] * map.cell, source[0] * map.cell, map.cell, map.cell, 2);
    else if (dh === 1 && dw === 1) frame(context, col * sw * map.cell, row * sh * map.cell, kw * map.cell, kh * map.cell, 3);
    else
      for (let i = 0; i < kh; i++)
        for (let j = 0; j < kw; j++)
          frame(context, covered(col, j, sw, dw) * map.cell, covered(row, i, sh, dh) * map.cell, map.cell, map.cell, 1);
  }
  const out = view.output, context = out.over.getContext("2d");
  context.clearRect(0, 0, out.over.width, out.over.height);
  if (source) for (const [y, x] of fed) frame(context, x * out.cell, y * out.cell, out.cell, out.cell, 1);
  else frame(context, col * out.cell, row * out.cell, out.cell, out.cell, 2);

  const found = windowTerms(model, filter, row, col);
  if (source) {
    const name = isBorder(spec, source[0], source[1]) ? "This cell is border, not data: it" : `Input cell [${source[0] - spec.padding[0]}, ${source[1] - spec.padding[1]}]`;
    view.feeds.textContent = `${name} feeds ${fed.length} output ${fed.length === 1 ? "cell" : "cells"} in each output map.`;
  } else view.feeds.textContent = "";
  if (!source) {
    drawProducts(view, model, filter, found);
    drawFormula(view, spec, state, found);
  }
  return found;
}

/** Write a number into a part of a cell and put its colour on the canvas behind: styles would cost a layout each. */
function paint(part, value, scale, table) {
  if (part.value === value && part.scale === scale && part.table === table) return;
  Object.assign(part, { value, scale, table });
  const shown = text(value), at = level(value, scale), { context, rect } = part;
  if (part.font || part.colour !== table.css[at]) {
    context.fillStyle = part.colour = table.css[at];
    context.fillRect(...rect);
  }
  if (part.font) {
    context.font = part.font;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = table.ink[at];
    context.fillText(shown, rect[0] + rect[2] / 2, rect[1] + rect[3] / 2, rect[2]);
    return;
  }
  if (part.shown !== shown) part.element.firstChild.data = part.shown = shown;
  if (part.ink !== table.ink[at]) part.element.style.color = part.ink = table.ink[at];
}

function drawProducts(view, model, filter, found) {
  const { spec } = model;
  const scales = model.scales[filter];
  const input = TABLES[spec.scale.table];
  found.terms.forEach((term, i) => {
    const part = view.cells[i];
    paint(part.value, term.value, spec.scale, input);
    paint(part.weight, term.weight, scales.weights, TABLES.weights);
    paint(part.product, term.product, scales.products, TABLES.activations);
    part.product.element.exact = term.product; // the text is rounded
    if (part.border !== term.border) part.box.classList.toggle("border", (part.border = term.border));
  });
}

function drawFormula(view, spec, { filter, row, col }, found) {
  const signed = (value) => (value < 0 ? `(${text(value)})` : text(value));
  const terms =
    found.terms.length <= 9
      ? found.terms.map((term) => `${text(term.value)}·${signed(term.weight)}`).join(" + ")
      : found.sums.length > 1
        ? found.sums.map((sum, c) => `${spec.channels[c]} ${signed(sum)}`).join(" + ")
        : `sum of ${found.terms.length} products`;
  const write = (role, content, value) => {
    const element = view.formula.querySelector(`[data-role=${role}]`);
    element.textContent = content;
    if (value !== undefined) element.dataset.value = value;
  };
  write("place", `y[${filter}, ${row}, ${col}] = `);
  write("terms", `${terms} = `);
  write("sum", text(found.total, 4), found.total);
  write("bias", ` + bias ${signed(found.bias)} = `, found.bias);
  write("result", text(found.result, 4), found.result);
  view.where.textContent = `row ${row} of 0–${spec.output[1] - 1}, column ${col} of 0–${spec.output[2] - 1}`;
}
