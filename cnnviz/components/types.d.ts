// The types that the components share.

/** Numbers in a row. */
type Numbers = number[] | Float32Array | Float64Array | Int32Array;

/** A row and a column. */
type Place = [number, number];

/** Where a colour scale begins and ends. */
interface Scale {
  low: number;
  high: number;
}

/** The name of a colour table, and where it begins and ends. */
interface NamedScale extends Scale {
  table: string;
}

/** 256 colours: as bytes, as CSS colours, and the ink that can be read on each. */
interface Table {
  rgb: Uint8Array;
  css: string[];
  ink: string[];
}

/** The smallest and the largest of some values, and what is odd about them. */
interface Span {
  min: number;
  max: number;
  note?: string | undefined;
}

/** A map to be drawn: `rows` × `cols` values from `offset` on. */
interface MapOfNumbers {
  values: Numbers;
  offset?: number;
  rows: number;
  cols: number;
  cell: number;
  x?: number;
  y?: number;
  scale: Scale;
  table: Table;
}

/** What the server has packed: a description, and arrays of float32 as base64. */
interface Packed<Spec = any> {
  spec: Spec;
  arrays: Record<string, string>;
}

type Tell = (name: string, value: unknown) => void;

/** What Streamlit hands to a component at every change. */
interface Mounted {
  data: any;
  parentElement: HTMLElement;
  setTriggerValue: Tell;
}

/** One component on the page; see `shared/mount.js`. */
interface Face {
  show(data: any, tell: Tell): void;
  fit?(): void;
  open?(): void;
  close?(): void;
}

interface Activated {
  activation?: string;
  slope?: number;
}

/** A layer that the window explorer shows; see `window_explorer/geometry.js`. */
interface LayerSpec extends Activated {
  input: [number, number, number];
  kernel: [number, number, number, number];
  output: [number, number, number];
  groups: number;
  padding: Place;
  stride: Place;
  dilation: Place;
  cut: Place;
  bordered: Place;
  transposed: boolean;
  countsBorder: boolean;
  pools: ("max" | "mean")[];
  channels: string[];
  filters: string[];
  kinds: string[];
  rest?: string;
  outer?: string;
  group?: string;
  linked: boolean;
  at: string;
  edits: string;
  paddingMode: string;
  padded: Place;
  zeroIs?: string;
  scale: NamedScale;
}

interface PooledMap {
  values: Float32Array;
  winners?: Int32Array;
}

/** A layer with its numbers. */
interface Model {
  spec: LayerSpec;
  x: Float32Array;
  kernels: Float32Array;
  bias: Float32Array;
  rest?: Float32Array;
  z: Float32Array;
  a: Float32Array;
  divisors: Float32Array;
  maps: PooledMap[][];
  rowPlaces: Int32Array;
  colPlaces: Int32Array;
  rowSources: Int32Array;
  colSources: Int32Array;
  tapRows: Int32Array;
  tapCols: Int32Array;
}

/** A layer of the network map with the place of its maps; see `network_map/layout.js`. */
interface Column {
  name: string;
  title: string;
  column: number;
  lane: number;
  inputs: number[];
  size: Place;
  channels: number[];
  names: string[];
  total: number;
  subtitle: string;
  joins?: boolean;
  also?: string;
  /** For each shown map what it is made of: column, channel and share. */
  feeds: [number, number, number][][];
  table: string;
  span: Place;
  odd: number[];
  thumbnail: Place;
  field?: [number, number, number];
}

interface PlacedColumn extends Column, Measured {
  index: number;
  isUnit: boolean;
  tile: Place;
  tall: number;
  wide: number;
  left: number;
  top: number;
  middle: number;
  first: number;
  bottom: number;
}

/** What comes in arrays of its own: of each shown map its smallest and its largest value; where the pictures begin. */
interface Measured {
  low: Float32Array;
  high: Float32Array;
  offset: number;
  fields?: Float32Array[];
}

/** A path that leads past other layers, on a track above its lane. */
interface Arc {
  from: number;
  to: number;
  lane: number;
  start: number;
  end: number;
  track: number;
  y: number;
}

/** What one looks at: a map, or with slot −1 a whole layer. */
interface Look {
  index: number;
  slot: number;
  cell?: Place | null;
}

/** One product of a window: a value, its weight, and the place of the value in the input, −1 where there is none. */
interface Term {
  value: number;
  weight: number;
  product: number;
  source: number;
  border: boolean;
  output?: Place | null;
}

/** The arithmetic of one window. */
interface WindowTerms {
  terms: Term[];
  slope: number;
}

/** What the window explorer computes of one output cell of a convolution, and of one of each pooling. */
type Convolved = ReturnType<typeof import("./window_explorer/arithmetic.js").windowTerms>;
type Pooled = ReturnType<typeof import("./window_explorer/pooling.js").poolTerms>;

/** A scale with its colours. */
interface Painted {
  scale: Scale;
  table: Table;
}

/** The scales of a filter of a convolution. */
interface FilterScales extends Record<string, Painted> {
  weights: Painted;
  products: Painted;
  z: Painted;
  a: Painted;
}

type Found = Convolved | { pools: Pooled[] };

/** What the window explorer does for a kind of layer; see `window_explorer/operations.js`. */
interface Operation {
  levels: Record<string, LevelMaker>;
  forward(model: Model): void;
  scales(model: Model, which: number): FilterScales | Painted;
  look(model: Model, looking: State): Found;
  words(model: Model, state: State, fed: Place[], found: Found): string;
  feeds(channel: number): Partial<State>;
  spoken(found: Found): string;
  name(spec: LayerSpec, filter: number): string;
  all(spec: LayerSpec): string;
  write(
    lines: Record<string, any>[],
    parts: Record<string, any>,
    model: Model,
    state: State,
    found: Found,
    backward: boolean,
  ): void;
  thumbnail(explorer: ExplorerView, filter: number, kernels: HTMLCanvasElement, map: HTMLCanvasElement): void;
}

/** What the window explorer shows of a layer at one time; see `window_explorer/levels.js`. */
interface Level {
  draw(space: number, background: string): void;
  move(state: State, found: Found, fed: Place[]): void;
  gradients?: unknown[];
}

type LevelMaker = new (explorer: ExplorerView, stage: HTMLElement) => Level;

/** What explorers side by side tell each other: who looks at which output cell, of how large a map. */
interface SharedLook {
  from: unknown;
  group: string;
  at: Place;
  size: number[];
}

/** First and last row, first and last column. */
type Sides = [number, number, number, number];

/** A function and its derivative, for LeakyReLU with its slope. */
interface Activation {
  f(x: number, slope?: number): number;
  d(x: number, slope?: number): number;
}

/** What one looks at in the window explorer: an output cell, or with `source` a cell of the padded input. */
interface Looking {
  row: number;
  col: number;
  source: Place | null;
}

/** Where the window explorer is. */
interface State extends Looking {
  level: string;
  filter: number;
  last: Place | null;
  /** A kernel cell: channel, row and column. */
  cell: [number, number, number] | null;
  backward: boolean;
  gradient: number;
  everything: boolean;
}

/** The page's main part, which knows which run has drawn it, and which one it waits for. */
interface Main extends HTMLElement {
  drawn?: string;
  awaits?: string | undefined;
  patience?: number | undefined;
  focusBefore?: HTMLElement | null;
}

interface Window {
  /** Makes the step of the history that is due; kept here, where a newer version of the module finds it. */
  cnnvizSteps?: { make(): void };
}

/** What the parts of the network map see of it. */
interface NetworkView {
  root: HTMLElement;
  parts: Record<string, any>;
  plan: { columns: PlacedColumn[] };
  looked: Look | null;
  fed: [number, number, number][][][];
  spec: any;
  top: number;
  zoom: number;
  ratio: number;
  size: Place;
}

/** What the parts of the window explorer see of it. */
interface ExplorerView {
  root: HTMLElement;
  parts: Record<string, any>;
  lines: Record<string, any>[];
  levels: string[];
  model: Model;
  state: State;
  operation: Operation;
  stage: HTMLElement;
  colours: Record<string, string>;
  scales(which: number): FilterScales | Painted;
  view: any;
  walk: { stop(): void; toggle(): void };
  move(change: Partial<State>, aloud?: boolean): void;
  edit(cell?: [number, number, number]): void;
  keep(at: string, value: number): void;
  deeper(): void;
}

/** The same for a convolution, and for pooling. */
interface ConvolutionView extends ExplorerView {
  scales(filter: number): FilterScales;
}
interface PoolingView extends ExplorerView {
  scales(which: number): Painted;
}

/** A volume of a network's drawing: the shape of what goes on, and the layers that it stands for. */
interface Volume {
  shape: number[];
  path: number[];
  group: string;
  names: string;
  text: string;
  label: string;
  more: string;
  chosen?: boolean;
  isSum?: boolean;
}

interface VolumeBox extends Volume {
  width: number;
  height: number;
  back: number;
}

/** An element that is given numbers for its texts: the DOM writes them out itself. */
interface TakesNumbers {
  setAttribute(name: string, value: string | number | boolean): void;
  dataset: Record<string, string | number | boolean | null | undefined>;
  textContent: string | number | null;
  value?: string | number;
  max?: string | number;
}

interface TakesWords {
  fillText(words: string | number, x: number, y: number): void;
}

/** What was never asked for needs no cancelling: nothing is done. */
declare function cancelAnimationFrame(handle: number | undefined): void;

/** What one looks at in the term arithmetic: the term under the pointer, the one with the focus, and a cell of a map. */
interface TermsLook {
  over: number | null;
  focus: number | null;
  cell: Place | null;
}

/** What the parts of the term arithmetic see of it. */
interface TermsView {
  parts: Record<string, any>;
  colours: Record<string, string>;
  kept: number | null;
  look(change: Partial<TermsLook>, aloud?: boolean): void;
  keep(index: number): void;
  allButton(label: string, list: import("./term_arithmetic/term_list.js").TermList): HTMLButtonElement;
}

/** A unit of a Linear layer. `maps`: how many maps were flattened, and their rows and columns. */
interface LinearSpec extends Activated {
  unit: string;
  names: string[];
  maps?: [number, number, number] | null;
  scales: Record<string, NamedScale>;
}

/** Where a layer stands in a network: its number, or within a block the block's, the path's name and so on. */
type LayerPath = (number | string)[];

/** A row of the table of layers: a layer, or with `isPath` a path of a block. */
interface LayerRow {
  path: LayerPath;
  name: string;
  full: string;
  about: string;
  group: string;
  depth: number;
  shape: string;
  params: string;
  macs: string;
  macsExact: string;
  memory: string;
  field: string;
  jump: string;
  error: string;
  mends: string[];
  owner?: string;
  isBlock?: boolean;
  isPath?: boolean;
  isEmpty?: boolean;
  isFixed?: boolean;
  isFirst?: boolean;
  isLast?: boolean;
}

/** An argument of a layer in its form. */
type LayerField = { name: string; label: string; help?: string } & (
  | { kind: "switch"; value: boolean }
  | { kind: "choice"; value: string; options: string[] }
  | { kind: "text"; value: string }
);

interface LayerForm {
  path: LayerPath;
  fields: LayerField[];
  about: string;
  error: string;
  actions?: { op: string; label: string }[];
}

/** What the network editor shows. */
interface NetworkSpec {
  title: string;
  name: string;
  rows: LayerRow[];
  volumes: Volume[];
  totals: Record<string, string>;
  counted: [string, string][];
  palette: [string, string][];
  chosen: string;
  where: string;
  form?: LayerForm | null;
  said?: string;
  editable?: boolean;
  canUndo?: boolean;
  canRedo?: boolean;
  canClear?: boolean;
  isProjected?: boolean;
}

/** Tells Python what a person does; `focus` names where the keyboard goes then. */
type Act = (action: { op: string } & Record<string, unknown>, focus?: string) => void;
type Folds = Map<string, boolean>;
type Fold = (key: string, open: boolean) => void;
