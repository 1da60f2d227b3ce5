// Pages of the contact sheet are slices of the queue, so that a pair stays in its place when it is decided.
export const sheetColumns = 4
const sheetRows = 3
export const sheetSize = sheetColumns * sheetRows

export const pageStartOf = (position: number): number => Math.floor(position / sheetSize) * sheetSize
