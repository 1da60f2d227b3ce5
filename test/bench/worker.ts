// The line protocol between the bench and its workers, one JSON value a line: {"prepare": Work, "threads": n} is answered by
// {"ready": true}, {"run": true} by the time of one run, {"report": true} by memory. What a worker prints besides is shown.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Work } from './cases'

export interface RunTime {
  wallMs: number
  /** Processor time of all threads: hardly changes when other programs run, where wall time does. */
  cpuMs: number
}

export interface Report {
  peakMiB: number
  version: string
}

export interface Worker {
  run(): Promise<RunTime>
  report(): Promise<Report>
  /** Any other request of the worker's own. */
  ask(request: object): Promise<Record<string, unknown>>
  end(): void
}

/** @throws Error with what the worker said, when it cannot do the work */
export async function startWorker(command: string, args: string[], work: Work, threads: number, environment: Record<string, string> = {}): Promise<Worker> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...environment } })
  const said: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text))
  const waiting: { resolve: (answer: Record<string, unknown>) => void; reject: (error: Error) => void }[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{')) { said.push(`${line}\n`); return }
    const answer = JSON.parse(line) as Record<string, unknown>
    if (typeof answer['error'] === 'string') waiting.shift()?.reject(new Error(answer['error']))
    else waiting.shift()?.resolve(answer)
  })
  const fail = (reason: string): void => { for (const { reject } of waiting.splice(0)) reject(new Error(`${reason}\n${said.join('').slice(-2000)}`)) }
  child.on('error', (error) => fail(error.message))
  child.on('close', (code) => fail(`The worker ended with status ${code}.`))
  const ask = (request: object): Promise<Record<string, unknown>> => new Promise((resolve, reject) => {
    waiting.push({ resolve, reject })
    child.stdin.write(`${JSON.stringify(request)}\n`)
  })
  child.stdin.on('error', () => undefined)
  await ask({ prepare: work, threads })
  return {
    ask,
    run: async () => (await ask({ run: true })) as unknown as RunTime,
    report: async () => (await ask({ report: true })) as unknown as Report,
    end: () => { child.kill() },
  }
}

/** The worker's side of the protocol. `prepare` gives what one run does. */
export function serveWorker(version: string, prepare: (work: Work, threads: number) => Promise<() => Promise<void>>, other: (request: Record<string, unknown>) => Promise<object> = async () => ({})): void {
  let run: (() => Promise<void>) | undefined
  const answer = (value: object): void => { process.stdout.write(`${JSON.stringify(value)}\n`) }
  const handle = async (line: string): Promise<void> => {
    const request = JSON.parse(line) as Record<string, unknown>
    if (request['prepare']) {
      run = await prepare(request['prepare'] as Work, request['threads'] as number)
      await run() // compiles and fills caches
      answer({ ready: true })
    } else if (request['run'] && run) {
      const startedAtMs = performance.now(), before = process.cpuUsage()
      await run()
      const { user, system } = process.cpuUsage(before)
      answer({ wallMs: performance.now() - startedAtMs, cpuMs: (user + system) / 1000 })
    } else if (request['report']) {
      answer({ peakMiB: process.resourceUsage().maxRSS / 1024, version })
    } else {
      answer(await other(request))
    }
  }
  let queue = Promise.resolve()
  createInterface({ input: process.stdin }).on('line', (line) => {
    queue = queue.then(() => handle(line)).catch((thrown: unknown) => answer({ error: thrown instanceof Error ? `${thrown.message}\n${thrown.stack ?? ''}` : String(thrown) }))
  }).on('close', () => process.exit(0))
}
