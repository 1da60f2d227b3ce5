// Entry of the compute thread: a worker of the engine that does all tensor work, so that the engine never waits for it.
import { parentPort } from 'node:worker_threads'
import { createHandlers } from './handlers'
import { serve } from './serve'

if (!parentPort) throw new Error('The compute thread must be started as a worker (see client.ts).')
const handlers = createHandlers()
serve(parentPort, handlers, () => handlers.dispose())
