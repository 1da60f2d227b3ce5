// What the inspector looks at: a pair, or a picture of a person's own, and under which model. It stays over a change of the
// view and over a reload of the page.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { Pair } from '@shared/contract/entities'
import type { QueryImage } from '@shared/contract/search'
import type { AppError } from '@shared/errors'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { titleOf } from '@renderer/lib/pairWords'

const subjectKey = 'studio.inspected'

/** A row of tokens as the model sees it: one side, or picture and text of both sides together. */
export interface InspectedRow {
  key: string
  label: string
  image: QueryImage | null
  text: string | null
}

type Subject = { kind: 'pair'; pairId: number } | { kind: 'picture'; queryImageId: string }
export type InspectorTab = 'picture' | 'hidden' | 'codebook'

const projectImage = (imageId: number | null): QueryImage | null => (imageId === null ? null : { kind: 'project', imageId })

/** The sides that hold something, and picture and words together where they stand on different sides. */
export function rowsOf({ left, right }: Pair): InspectedRow[] {
  const rows: InspectedRow[] = ([['left', 'Left side', left], ['right', 'Right side', right]] as const)
    .filter(([, , side]) => side.imageId !== null || side.text !== null)
    .map(([key, label, side]) => ({ key, label, image: projectImage(side.imageId), text: side.text }))
  const isApart = (first: Pair['left'], second: Pair['left']): boolean => first.imageId !== null && first.text === null && second.imageId === null && second.text !== null
  if (isApart(left, right) || isApart(right, left)) {
    rows.push({ key: 'both', label: 'Both together', image: projectImage(left.imageId ?? right.imageId), text: left.text ?? right.text })
  }
  return rows
}

function readSubject(): Subject | null {
  try {
    return JSON.parse(sessionStorage.getItem(subjectKey) ?? 'null') as Subject | null
  } catch {
    return null
  }
}

export const useInspectorStore = defineStore('inspector', () => {
  const api = useApi()
  const subject = ref<Subject | null>(readSubject())
  const pair = shallowRef<Pair | null>(null)
  /** Null means the current model of the project. */
  const modelId = ref<string | null>(null)
  const tab = ref<InspectorTab>('picture')
  const pictureKey = ref('left')
  const rowKey = ref('both')
  const state = ref<'idle' | 'loading' | 'ready' | 'failed'>('idle')
  const error = shallowRef<AppError | null>(null)

  const pictures = computed<{ key: string; label: string; image: QueryImage }[]>(() => {
    if (subject.value?.kind === 'picture') return [{ key: 'left', label: 'Picture', image: { kind: 'query', queryImageId: subject.value.queryImageId } }]
    if (!pair.value) return []
    return ([['left', 'Left picture'], ['right', 'Right picture']] as const).flatMap(([key, label]) => {
      const image = projectImage(pair.value![key].imageId)
      return image ? [{ key, label, image }] : []
    })
  })
  const picture = computed(() => pictures.value.find(({ key }) => key === pictureKey.value) ?? pictures.value[0] ?? null)
  const rows = computed<InspectedRow[]>(() => {
    if (pair.value) return rowsOf(pair.value)
    return pictures.value.map(({ key, label, image }) => ({ key, label, image, text: null }))
  })
  const row = computed(() => rows.value.find(({ key }) => key === rowKey.value) ?? rows.value[0] ?? null)
  const title = computed(() => (pair.value ? titleOf(pair.value) : subject.value?.kind === 'picture' ? 'A picture of your own' : ''))

  let asked = 0
  async function load(): Promise<void> {
    const number = ++asked
    state.value = 'loading'
    error.value = null
    try {
      const found = await find()
      if (number !== asked) return
      pair.value = found
      if (found) subject.value = { kind: 'pair', pairId: found.id }
      state.value = 'ready'
    } catch (thrown) {
      if (number !== asked) return
      error.value = readError(thrown)
      state.value = 'failed'
    }
  }

  /** The pair that was chosen, else the first one of the project, so that there is something to see. */
  async function find(): Promise<Pair | null> {
    if (subject.value?.kind === 'picture') return null
    if (subject.value) return api.pairs.get({ id: subject.value.pairId })
    return (await api.pairs.list({ limit: 1 })).pairs[0] ?? null
  }

  function show(next: Subject, side: 'left' | 'right' | null = null): void {
    subject.value = next
    pair.value = null
    if (side !== null) pictureKey.value = side
    state.value = 'idle'
  }
  const showPair = (pairId: number, side: 'left' | 'right' | null = null): void => show({ kind: 'pair', pairId }, side)
  const showPicture = (queryImageId: string): void => show({ kind: 'picture', queryImageId })

  /** Forgets what was chosen: it belonged to another project, or is gone. */
  function reset(): void {
    subject.value = null
    pair.value = null
    state.value = 'idle'
  }

  watch(subject, (value) => {
    if (value) sessionStorage.setItem(subjectKey, JSON.stringify(value))
    else sessionStorage.removeItem(subjectKey)
  }, { deep: true })

  return { subject, pair, modelId, tab, pictureKey, rowKey, state, error, pictures, picture, rows, row, title, load, showPair, showPicture, reset }
})
