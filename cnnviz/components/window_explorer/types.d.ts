// The types of the window explorer.

/** What the window explorer computes of one output cell of a convolution, and of one of each pooling. */
type Convolved = ReturnType<typeof import("./arithmetic.js").windowTerms>;
type Pooled = ReturnType<typeof import("./pooling.js").poolTerms>;

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

/** What the parts of the window explorer see of it. */
interface ExplorerView {
  width: number;
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

/** What is shown ahead of the server sees of it. */
interface AheadView {
  told: Described;
  anchor: { model: Model; at: number[] } | undefined;
  said: { at: import("../shared/said.js").Said };
  present(made: Described): void;
}

/** The same for a convolution, and for pooling. */
interface ConvolutionView extends ExplorerView {
  scales(filter: number): FilterScales;
}
interface PoolingView extends ExplorerView {
  scales(which: number): Painted;
}

/** A layer's description with its arrays. */
interface Described {
  spec: LayerSpec;
  arrays: Record<string, Float32Array | Int32Array>;
}

/** A layer that slides a window, by its arguments; sizes are [vertical, horizontal]. */
interface Sliding {
  input: Place;
  kernel: Place;
  stride: Place;
  /** `"same"` is at stride 1 only. */
  padding: Place | "same";
  dilation: Place;
  /** The output padding of a transposed convolution. */
  extra: Place;
  mode: string;
  roundsUp: boolean;
  isTransposed: boolean;
  isPooling: boolean;
  isMean: boolean;
  countsBorder: boolean;
  divisor: number | null;
}

/** One axis of it: the output's size, and the geometry of the windows. */
interface Axis {
  out: number;
  places: Int32Array;
  sources: Int32Array;
  before: number;
  after: number;
  cut: number;
}

/** What the browser has to know to be ahead of the server: the layer, and the names and values of its sliders. */
interface AheadSpec extends Omit<Sliding, "input" | "kernel" | "stride" | "padding" | "dilation"> {
  /** Where it is no number that a slider has. */
  padding: Place | "same" | null;
  controls: Record<string, [string, string]>;
  values: Record<string, [string, string]>;
  /** How the server is asked for kernels of all sizes; nothing where it is not. */
  kernels: string;
}
