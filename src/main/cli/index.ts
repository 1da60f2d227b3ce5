// Entry of the command line. The first Ctrl+C asks for an orderly end, the second one leaves at once.
import { join } from 'node:path'
import { exitCodes } from './exitCodes'
import { createOpenEngine } from './openEngine'
import { runCli } from './runCli'

const interrupt = new AbortController()
const stop = (signal: NodeJS.Signals): void => {
  if (interrupt.signal.aborted) {
    // Not process.exit(), which would end a compute thread in the middle of native work and crash on the way out. Without
    // our listener the signal ends the process as the system does; what is on disk bears that at any moment.
    process.removeListener(signal, stop)
    process.kill(process.pid, signal)
    return
  }
  process.stderr.write('\nStopping; press Ctrl+C again to leave at once.\n')
  interrupt.abort()
}
process.on('SIGINT', stop)
process.on('SIGTERM', stop)
// A closed pipe (`fuselip models | head -1`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.done)
})

const outDir = join(import.meta.dirname, '..')
process.exitCode = await runCli({
  argv: process.argv.slice(2),
  openEngine: createOpenEngine(outDir),
  interrupt: interrupt.signal,
  rendererDir: join(outDir, 'renderer'),
  isInteractive: process.stderr.isTTY === true,
  writeResult: (text) => process.stdout.write(`${text}\n`),
  writeNote: (text) => process.stderr.write(`${text}\n`),
})
// Native libraries keep threads of their own; nothing is left to wait for.
process.exit()
