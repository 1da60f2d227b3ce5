// Runs one command and gives its exit code. Apart from index.ts, so that tests run commands in their own process.
import { CommanderError } from 'commander'
import { ReportedFailure } from './commands/context'
import { exitCodeOf, exitCodes } from './exitCodes'
import { createProgram } from './program'
import { readError } from './readError'
import type { OpenEngine } from './session'
import type { Terminal } from './terminal'

export interface CliOptions {
  /** Without the program's own name. */
  argv: readonly string[]
  openEngine: OpenEngine
  interrupt: AbortSignal
  rendererDir: string
  isInteractive: boolean
  writeResult(text: string): void
  writeNote(text: string): void
}

export async function runCli(options: CliOptions): Promise<number> {
  const { interrupt, openEngine, rendererDir, writeResult, writeNote } = options
  const terminalFor = (asJson: boolean): Terminal => ({ isInteractive: options.isInteractive, asJson, result: writeResult, note: writeNote })
  const program = createProgram({ interrupt, openEngine, rendererDir, terminalFor })
  for (const command of [program, ...program.commands.flatMap((parent) => [parent, ...parent.commands])]) {
    command.configureOutput({ writeOut: (text) => writeResult(text.trimEnd()), writeErr: (text) => writeNote(text.trimEnd()) })
  }
  try {
    let commandName = ''
    program.hook('preAction', (_program, command) => {
      commandName = command.name()
    })
    await program.parseAsync([...options.argv], { from: 'user' })
    // Ctrl+C is how `serve` ends; any other command was interrupted by it.
    return interrupt.aborted && commandName !== 'serve' ? exitCodes.cancelled : exitCodes.done
  } catch (thrown) {
    if (thrown instanceof ReportedFailure) return exitCodes.failed
    // Commander has already written its own message; help is a success.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage
    const error = readError(thrown)
    if (program.opts<{ json?: boolean }>().json) writeResult(JSON.stringify({ error: error.toJson() }))
    else writeNote([`Error: ${error.message}`, error.advice].filter(Boolean).join('\n'))
    if (error.code === 'internal' && process.env['FUSELIP_DEBUG']) writeNote(error.stack ?? '')
    return exitCodeOf(error)
  }
}
