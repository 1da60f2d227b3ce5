// The three ways to look at the pairs. They share filter, selection and focus.
import { Grid2x2, Map as MapIcon, Table2 } from '@lucide/vue'

export const libraryViews = ['grid', 'table', 'map'] as const
export type LibraryViewName = (typeof libraryViews)[number]

export const libraryViewOptions = [
  { value: 'grid' as const, label: 'Grid', icon: Grid2x2 }, { value: 'table' as const, label: 'Table', icon: Table2 }, { value: 'map' as const, label: 'Map', icon: MapIcon },
]
