// What every command is given: the terminal, the interrupt, and a session that is opened only when it is needed.
import { resolve } from 'node:path'
import type { FollowOptions, Interrupt } from '../followJob'
import type { EngineSession, OpenEngine, OpenEngineOptions } from '../session'
import type { Terminal } from '../terminal'

export interface GlobalOptions {
  project?: string
  json?: boolean
}

export interface CommandContext {
  terminal: Terminal
  interrupt: Interrupt
  openEngine: OpenEngine
  /** From `--project`; null is the last project, or the sample. */
  projectDir: string | null
}

export const projectDirOf = (options: GlobalOptions): string | null => (options.project ? resolve(options.project) : null)

/** The result itself is bad news and was shown: only the exit code is left to give. */
export class ReportedFailure extends Error {}

/** Opens the engine, runs the work, and always closes the engine again. */
export async function withEngine<Result>(context: CommandContext, work: (session: EngineSession) => Promise<Result>, options: Partial<OpenEngineOptions> = {}): Promise<Result> {
  const session = await context.openEngine({ projectDir: context.projectDir, dataDir: null, host: 'cli', ...options })
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

export const following = (context: CommandContext, session: EngineSession): FollowOptions => ({ client: session.client, terminal: context.terminal, interrupt: context.interrupt })

/** One JSON value for scripts, or text for people. */
export function report(terminal: Terminal, value: unknown, text: () => string): void {
  terminal.result(terminal.asJson ? JSON.stringify(value) : text())
}
