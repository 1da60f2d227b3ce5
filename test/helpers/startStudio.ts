// Starts the built studio as people do, with a data folder of its own, and waits for its address.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

const root = resolve(import.meta.dirname, '..', '..')
/** Drawing the sample project for the first time takes a while on a small machine. */
const startPatienceMs = 120_000

export interface StudioOptions {
  /** Kept when given; otherwise a temporary one that disappears with the studio. */
  dataDir?: string
  environment?: Record<string, string>
  /** Otherwise the sample project. */
  projectDir?: string
}

export interface RunningStudio {
  /** The address with its token, as printed. */
  url: string
  origin: string
  port: number
  token: string
  dataDir: string
  /** Ends it as Ctrl+C does and gives its exit code. */
  stop(): Promise<number | null>
  /** Ends it without any warning. */
  kill(): Promise<void>
}

const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null ? Promise.resolve(child.exitCode) : new Promise((resolve) => child.once('exit', resolve))

export async function startStudio(options: StudioOptions = {}): Promise<RunningStudio> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'fuselip-studio-')))
  const child = spawn(process.execPath, [join(root, 'out', 'main', 'cli.js'), ...(options.projectDir ? ['--project', options.projectDir] : []), 'serve', '--port', '0', '--no-open', '--json'], {
    cwd: dataDir,
    env: { ...process.env, ...options.environment, FUSELIP_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const remove = async (): Promise<void> => {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true, maxRetries: 3 })
  }

  const address = await new Promise<{ url: string; port: number }>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`The studio did not tell its address within ${startPatienceMs / 1000} s.\n${errors}`))
    }, startPatienceMs)
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(timer)
      const answer = JSON.parse(line) as { url?: string; port: number; error?: { message: string } }
      if (answer.url === undefined) reject(new Error(`The studio did not start: ${answer.error?.message ?? line}\n${errors}`))
      else resolve({ url: answer.url, port: answer.port })
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`The studio ended with code ${code} before it told its address.\n${errors}`))
    })
  })

  return {
    ...address,
    origin: new URL(address.url).origin,
    token: new URL(address.url).searchParams.get('token') ?? '',
    dataDir,
    stop: async () => {
      child.kill('SIGINT')
      const patience = setTimeout(() => child.kill('SIGKILL'), 15_000)
      const code = await ended(child)
      clearTimeout(patience)
      await remove()
      return code
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended(child)
      await remove()
    },
  }
}
