// Pictures and texts that are dropped or pasted anywhere in a view become rows of new pairs. Fields and dialogs keep theirs.
import { onScopeDispose } from 'vue'
import { useRouter } from 'vue-router'
import { isInLayer, isTextField } from '@renderer/lib/keyTargets'
import { useMakeStore } from '@renderer/stores/make'
import { useNewPairsStore } from '@renderer/stores/newPairs'

export function useTakePairs(): void {
  const make = useMakeStore()
  const news = useNewPairsStore()
  const router = useRouter()

  function take(event: Event, transfer: DataTransfer | null): void {
    if (event.defaultPrevented || isTextField(event.target) || isInLayer(event.target)) return
    event.preventDefault()
    if (!news.take(transfer)) return
    make.tab = 'new'
    if (router.currentRoute.value.name !== 'make') void router.push({ name: 'make' })
  }
  const onDrop = (event: DragEvent): void => take(event, event.dataTransfer)
  const onPaste = (event: ClipboardEvent): void => take(event, event.clipboardData)
  // Without it the browser refuses the drop, and opens the file in place of the page.
  const onDragOver = (event: DragEvent): void => { if (!isTextField(event.target)) event.preventDefault() }
  window.addEventListener('drop', onDrop)
  window.addEventListener('paste', onPaste)
  window.addEventListener('dragover', onDragOver)
  onScopeDispose(() => {
    window.removeEventListener('drop', onDrop)
    window.removeEventListener('paste', onPaste)
    window.removeEventListener('dragover', onDragOver)
  })
}
