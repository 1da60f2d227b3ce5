// The views in the order of the loop; the rail, the palette and the router all read this list.
import { Boxes, ChartLine, GitCompareArrows, Images, ListChecks, PencilRuler, ScanEye, Search, Settings, ShieldCheck } from '@lucide/vue'
import type { Component } from 'vue'

export interface ViewEntry {
  name: 'library' | 'make' | 'quality' | 'review' | 'negatives' | 'train' | 'search' | 'inspector' | 'models' | 'settings'
  label: string
  icon: Component
  load: () => Promise<Component>
}

export const viewEntries: ViewEntry[] = [
  { name: 'library', label: 'Library', icon: Images, load: () => import('@renderer/views/library/LibraryView.vue') },
  { name: 'make', label: 'Make', icon: PencilRuler, load: () => import('@renderer/views/make/MakeView.vue') },
  { name: 'quality', label: 'Quality', icon: ShieldCheck, load: () => import('@renderer/views/quality/QualityView.vue') },
  { name: 'review', label: 'Review', icon: ListChecks, load: () => import('@renderer/views/review/ReviewView.vue') },
  { name: 'negatives', label: 'Negatives', icon: GitCompareArrows, load: () => import('@renderer/views/negatives/NegativesView.vue') },
  { name: 'train', label: 'Train', icon: ChartLine, load: () => import('@renderer/views/train/TrainView.vue') },
  { name: 'search', label: 'Search', icon: Search, load: () => import('@renderer/views/search/SearchView.vue') },
  { name: 'inspector', label: 'Inspector', icon: ScanEye, load: () => import('@renderer/views/inspector/InspectorView.vue') },
  { name: 'models', label: 'Models', icon: Boxes, load: () => import('@renderer/views/models/ModelsView.vue') },
  { name: 'settings', label: 'Settings', icon: Settings, load: () => import('@renderer/views/settings/SettingsView.vue') },
]
