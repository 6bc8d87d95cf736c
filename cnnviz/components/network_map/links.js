// Which maps feed which. Knows no screen.

/**
 * For each column and slot the maps that are made of it: `[column, slot, share]`, only those that are shown.
 * @param {PlacedColumn[]} columns
 */
export function consumers(columns) {
  /** @type {[number, number, number][][][]} */
  const found = columns.map(({ channels }) => channels.map(() => []));
  const slots = columns.map(({ channels }) => new Map(channels.map((channel, slot) => [channel, slot])));
  for (const column of columns)
    column.feeds.forEach((feeds, slot) => {
      for (const [from, channel, share] of feeds) {
        const at = slots[from].get(channel);
        if (at !== undefined) found[from][at].push([column.index, slot, share]);
      }
    });
  return found;
}

/**
 * What a shown map is made of: `{ column, channel, share, slot }`, slot −1 where that map is not shown.
 * @param {PlacedColumn[]} columns
 * @param {Look} at
 */
export const madeOf = (columns, { index, slot }) =>
  (columns[index].feeds[slot] || []).map(([from, channel, share]) => ({
    column: from,
    channel,
    share,
    slot: columns[from].channels.indexOf(channel),
  }));
