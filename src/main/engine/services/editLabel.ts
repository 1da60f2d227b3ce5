/** “accept 1 pair”, “accept 3 pairs”: the words of the history. */
export const editLabel = (verb: string, pairCount: number): string => `${verb} ${pairCount} ${pairCount === 1 ? 'pair' : 'pairs'}`
