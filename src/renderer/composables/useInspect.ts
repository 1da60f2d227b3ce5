// Opens a pair in the inspector, from wherever it is shown.
import { useRouter } from 'vue-router'
import { useInspectorStore } from '@renderer/stores/inspector'

/** @param side whose picture is shown first; null leaves that as it was */
export function useInspect(): (pairId: number, side?: 'left' | 'right' | null) => void {
  const router = useRouter()
  const inspector = useInspectorStore()
  return (pairId, side = null) => {
    inspector.showPair(pairId, side)
    void router.push({ name: 'inspector' })
  }
}
