// Which parts of the shell are open. Passing state: nothing here is kept.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

export const useShellStore = defineStore('shell', () => {
  const isPaletteOpen = ref(false)
  const isKeySheetOpen = ref(false)
  const isJobTrayOpen = ref(false)
  const isHistoryOpen = ref(false)
  const isImportOpen = ref(false)
  const isProjectDialogOpen = ref(false)
  const isExportOpen = ref(false)
  const isSnapshotsOpen = ref(false)
  /** While a layer is open, single keys belong to it and not to the view. */
  const hasLayer = computed(() => isPaletteOpen.value || isKeySheetOpen.value || isHistoryOpen.value || isImportOpen.value || isProjectDialogOpen.value || isExportOpen.value || isSnapshotsOpen.value)

  return { isPaletteOpen, isKeySheetOpen, isJobTrayOpen, isHistoryOpen, isImportOpen, isProjectDialogOpen, isExportOpen, isSnapshotsOpen, hasLayer }
})
