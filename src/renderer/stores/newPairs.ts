// Pictures and texts on their way to become pairs: what was dropped or pasted, with the words for each. They wait here while
// a person writes, also when another view is looked at.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { Task } from '@shared/contract/entities'
import type { NewPair } from '@shared/contract/make'
import type { QueryImage } from '@shared/contract/search'
import { readError } from '@renderer/api/readError'
import { uploadPicture } from '@renderer/lib/queryImages'

export interface NewPairDraft {
  key: number
  name: string
  image: QueryImage | null
  /** Words beside the picture; those of a text alone stand on its left. */
  leftText: string
  rightText: string
  /** Why the file was not taken; null for one that was, or still is on its way. */
  problem: string | null
  isLoading: boolean
}

/** As many as one call takes. */
export const mostDrafts = 200
/** Beyond this a file is no caption. */
const longestTextBytes = 100_000

export const useNewPairsStore = defineStore('newPairs', () => {
  const drafts = ref<NewPairDraft[]>([])
  const task = ref<Task>('caption')
  /** How many were left out because there were too many at once. */
  const leftOutCount = ref(0)
  let nextKey = 1
  const isLoading = computed(() => drafts.value.some((draft) => draft.isLoading))
  const isComplete = (draft: NewPairDraft): boolean =>
    draft.problem === null && !draft.isLoading && draft.rightText.trim() !== '' && (draft.image !== null || draft.leftText.trim() !== '')
  const complete = computed(() => drafts.value.filter(isComplete))

  function add(draft: Partial<NewPairDraft> & { name: string }): NewPairDraft | null {
    if (drafts.value.length >= mostDrafts) {
      leftOutCount.value++
      return null
    }
    drafts.value.push({ key: nextKey++, image: null, leftText: '', rightText: '', problem: null, isLoading: false, ...draft })
    return drafts.value.at(-1)!
  }

  const addText = (text: string): void => { if (text.trim()) add({ name: 'Text', leftText: text.trim() }) }

  /** Takes files one after another, so that a hundred pictures do not wait in memory at once. A text beside a picture of its name is its caption. */
  async function addFiles(files: readonly File[]): Promise<void> {
    leftOutCount.value = 0
    const nameOf = (file: File): string => file.name.replace(/\.[^.]+$/, '')
    const isText = (file: File): boolean => file.type === 'text/plain' || /\.(txt|caption)$/i.test(file.name)
    const captions = new Map<string, string>()
    for (const file of files.filter(isText)) {
      const isCaption = files.some((other) => !isText(other) && nameOf(other) === nameOf(file))
      if (file.size > longestTextBytes) add({ name: file.name, problem: `It has ${file.size.toLocaleString('en')} bytes; a text has at most ${longestTextBytes.toLocaleString('en')}.` })
      else if (isCaption) captions.set(nameOf(file), (await file.text()).trim())
      else addText(await file.text())
    }
    const waiting = files.filter((file) => !isText(file)).map((file) => ({ file, draft: add({ name: file.name, isLoading: true, rightText: captions.get(nameOf(file)) ?? '' }) }))
    for (const { file, draft } of waiting) {
      if (draft === null) continue
      try {
        draft.image = await uploadPicture(file)
      } catch (thrown) {
        draft.problem = readError(thrown).message
      }
      draft.isLoading = false
    }
  }

  /** What was dropped or pasted: files, else a text. True when there was something. */
  function take(transfer: Pick<DataTransfer, 'files' | 'getData'> | null): boolean {
    const files = [...(transfer?.files ?? [])]
    if (files.length > 0) {
      void addFiles(files)
      return true
    }
    const text = transfer?.getData('text/plain').trim() ?? ''
    addText(text)
    return text !== ''
  }

  const toPairs = (): NewPair[] => complete.value.map(({ image, leftText, rightText }) => ({
    left: { image: image && { ...image }, text: leftText.trim() || null }, right: { image: null, text: rightText.trim() }, task: task.value,
  }))

  function remove(keys: readonly number[]): void {
    drafts.value = drafts.value.filter(({ key }) => !keys.includes(key))
  }

  return { drafts, task, leftOutCount, isLoading, complete, addFiles, addText, take, toPairs, remove }
})
