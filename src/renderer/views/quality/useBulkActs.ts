// Acts on all findings of a kind: counted first, then run once a person has seen the count.
import { ref, shallowRef } from 'vue'
import type { DuplicateKind } from '@shared/contract/quality'
import type { PairChange } from '@shared/contract/pairs'
import { useApi } from '@renderer/api/api'
import { usePairEdits } from '@renderer/composables/usePairEdits'
import { useNoticesStore } from '@renderer/stores/notices'
import type { BulkEntry } from './bulkActs'
import type { Quality } from './useQuality'

export function useBulkActs(quality: Quality) {
  const api = useApi()
  const edits = usePairEdits()
  const notices = useNoticesStore()
  const entry = shallowRef<BulkEntry | null>(null)
  const count = ref<number | null>(null)
  const scope = () => ({ filter: { query: `finding:${quality.kind.value}` }, except: [] })

  async function countChanging({ act }: BulkEntry): Promise<number> {
    const changes: Partial<Record<BulkEntry['act'], PairChange>> = { reject: { kind: 'status', status: 'rejected' }, train: { kind: 'split', split: 'train' } }
    if (act === 'resolve' || act === 'tagOthers') {
      return (await api.quality.countResolution({ kind: quality.kind.value as DuplicateKind, clusterIds: null, keep: quality.keep.value })).otherCount
    }
    return act === 'reject' || act === 'train' ? (await api.pairs.countScope({ scope: scope(), change: changes[act] ?? null })).changeCount : quality.countOf(quality.kind.value)
  }

  async function open(next: BulkEntry): Promise<void> {
    entry.value = next
    count.value = null
    await notices.attempt(async () => { count.value = await countChanging(next) })
  }

  async function run({ tag, mergeTags }: { tag: string; mergeTags: boolean }): Promise<void> {
    const act = entry.value?.act
    entry.value = null
    if (act === 'reject') await edits.setStatus(scope(), 'rejected')
    else if (act === 'train') await edits.setSplit(scope(), 'train')
    else if (act === 'tag') await edits.addTag(scope(), tag)
    else if (act === 'dismiss') await quality.dismiss(null)
    else if (act === 'resolve') await quality.resolve(null, null, { mergeTags })
    else if (act === 'tagOthers') await quality.resolve(null, null, { act: 'tag' })
    else if (act === 'trim' || act === 'clear') await quality.mend(act)
  }

  return { entry, count, open, run, close: () => { entry.value = null } }
}
