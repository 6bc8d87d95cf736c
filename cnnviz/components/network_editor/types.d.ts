// The types of the network editor.

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
  way?: { href: string; label: string; note: string };
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
