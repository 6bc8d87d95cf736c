// The types of the term arithmetic.

/** What one looks at: the term under the pointer, the one with the focus, and a cell of a map. */
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
  allButton(label: string, list: import("./term_list.js").TermList): HTMLButtonElement;
}

/** A unit of a Linear layer. `maps`: how many maps were flattened, and their rows and columns. */
interface LinearSpec extends Activated {
  unit: string;
  names: string[];
  maps?: [number, number, number] | null;
  scales: Record<string, NamedScale>;
}
