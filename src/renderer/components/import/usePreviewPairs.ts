// The first pairs under the present choice of columns, read again shortly after a choice; late answers are dropped.
import { ref, shallowRef, watch } from 'vue'
import type { PreviewPair } from '@shared/contract/import'
import { useApi, type Api } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'

type Request = Parameters<Api['import']['previewPairs']>[0]
/** Long enough for arrow keys to pass over a few columns. */
const pauseMs = 200

/** @param request null while there is nothing to preview */
export function usePreviewPairs(request: () => Request | null) {
  const api = useApi()
  const pairs = shallowRef<readonly PreviewPair[] | null>(null)
  const error = ref<string | null>(null)
  const isStale = ref(false)
  let asked = 0

  watch(() => JSON.stringify(request()), async () => {
    const now = ++asked
    const wanted = request()
    if (wanted === null) {
      pairs.value = null
      return
    }
    isStale.value = true
    if (pairs.value !== null) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    if (now !== asked) return
    try {
      const answer = await api.import.previewPairs(wanted)
      if (now === asked) [pairs.value, error.value] = [answer, null]
    } catch (thrown) {
      if (now === asked) error.value = readError(thrown).message
    } finally {
      if (now === asked) isStale.value = false
    }
  })

  return { pairs, error, isStale }
}
