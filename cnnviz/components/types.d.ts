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
  /** How it is called, where that is another name. */
  activationName?: string;
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
  /** The kind is seen and not told. */
  isUntold?: boolean;
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
  ahead?: AheadSpec;
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
  /** The largest of its input, without its sign. */
  most?: number;
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
  joins?: string;
  also?: string;
  /** Means and standard deviations that undo the standardising of red, green and blue. */
  colour?: [number[], number[]];
  /** For each shown map what it is made of: column, channel and share. */
  feeds: [number, number, number][][];
  table: string;
  span: Place;
  odd: number[];
  thumbnail: Place;
  field?: [number, number, number];
}

interface PlacedColumn extends Column, Measured {
  /** The maps as small canvases, once they have been seen. */
  tiles?: HTMLCanvasElement[];
  /** The picture that they are the colours of. */
  whole?: HTMLCanvasElement;
  index: number;
  isUnit: boolean;
  tile: Place;
  tall: number;
  /** What stands above its maps. */
  lead: number;
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

/** A scale with its colours. */
interface Painted {
  scale: Scale;
  table: Table;
}

/** First and last row, first and last column. */
type Sides = [number, number, number, number];

/** A function and its derivative, for LeakyReLU with its slope. */
interface Activation {
  f(x: number, slope?: number): number;
  d(x: number, slope?: number): number;
}

/** The page's main part, which knows which run has drawn it, and which one it waits for. */
interface Main extends HTMLElement {
  drawn?: string;
  awaits?: string | undefined;
  patience?: number | undefined;
  focusBefore?: HTMLElement | null;
}

interface Window {
  /** Kept here, where a newer version of the module finds them. */
  cnnvizSteps?: import("./history_steps/steps.js").Steps;
}

type Pens = CanvasRenderingContext2D[];

/** What the parts of the network map see of it. */
interface NetworkView {
  root: HTMLElement;
  parts: Record<string, any>;
  plan: ReturnType<typeof import("./network_map/layout.js").layout>;
  thumbnails: Uint8Array;
  looked: Look | null;
  fed: [number, number, number][][][];
  spec: any;
  top: number;
  zoom: number;
  ratio: number;
  size: Place;
}

interface LookedView extends NetworkView {
  looked: Look;
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
