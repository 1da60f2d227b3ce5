// Who edits: the window that a call came from, and the windows that are open. It travels with the asynchronous work of a
// call, so that neither every service nor every store method has to be told. Calls without one (the command line, jobs that
// were started by nobody) belong to everybody.
import { AsyncLocalStorage } from 'node:async_hooks'

export interface EditContext {
  /** Null for the command line. */
  windowId: string | null
  openWindowIds: ReadonlySet<string>
}

const nobody: EditContext = { windowId: null, openWindowIds: new Set() }
const storage = new AsyncLocalStorage<EditContext>()

export const editContext = (): EditContext => storage.getStore() ?? nobody

export const inEditContext = <Result>(context: EditContext, work: () => Result): Result => storage.run(context, work)
