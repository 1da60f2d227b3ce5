// Where a new folder goes, while a person still chooses: a picked folder, a name, and whether a folder of that name may be replaced.
import { computed, ref, shallowRef } from 'vue'
import type { NewFolder } from '@shared/contract/exports'
import { newFolderSchema } from '@shared/contract/exports'
import type { PickedEntry } from '@renderer/components/import/FolderPicker.vue'

export function useNewFolder() {
  const folder = shallowRef<PickedEntry | null>(null)
  const name = ref('')
  const overwrite = ref(false)
  const nameError = computed(() => {
    if (name.value.trim() === '') return null
    const problem = newFolderSchema.shape.folderName.safeParse(name.value)
    return problem.success ? null : (problem.error.issues[0]?.message ?? 'Choose another name.')
  })
  /** Null until both are chosen. */
  const value = computed<NewFolder | null>(() =>
    (folder.value === null || name.value.trim() === '' || nameError.value !== null ? null : { folderToken: folder.value.token, folderName: name.value.trim(), overwrite: overwrite.value }))
  return { folder, name, overwrite, nameError, value }
}

export type NewFolderDraft = ReturnType<typeof useNewFolder>

/** A name that every file system takes. */
export const folderNameOf = (text: string): string => text.normalize('NFKD').replace(/[^\w.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '').slice(0, 60).toLowerCase()
