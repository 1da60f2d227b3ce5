// The views as they stand in addresses, in the order of the rail.
export const viewNames = ['library', 'make', 'quality', 'review', 'negatives', 'train', 'search', 'inspector', 'models', 'settings'] as const
