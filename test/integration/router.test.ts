// The contract and its router: nothing undocumented, nothing unimplemented, nothing that no test calls; and errors that
// keep their code and advice over a channel.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { isContractProcedure } from '@orpc/contract'
import { isProcedure, ORPCError, ValidationError } from '@orpc/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EngineClient } from '../../src/main/engine/engine'
import type { FromEngine, ToEngine } from '../../src/main/engine/hostChannel'
import { serveHost } from '../../src/main/engine/index'
import { toOrpcError } from '../../src/main/engine/router/errors'
import { contract } from '../../src/shared/contract'
import { AppError, errorCodes } from '../../src/shared/errors'
import { openColourProject, type ColourProject } from '../helpers/colourProject'

const procedures = Object.entries(contract).flatMap(([group, list]) => Object.entries(list).map(([name, procedure]) => ({ group, name, path: `${group}.${name}`, procedure })))

let project: ColourProject
beforeAll(async () => { project = await openColourProject() })
afterAll(() => project.dispose())

describe('contract', () => {
  it.each(procedures)('$path has a doc line and is implemented', ({ group, name, procedure }) => {
    expect(isContractProcedure(procedure)).toBe(true)
    expect(procedure['~orpc'].meta.doc).toMatch(/^[A-Z].{10,}\.$/)
    const router = project.engine.router as unknown as Record<string, Record<string, unknown>>
    expect(isProcedure(router[group]?.[name])).toBe(true)
  })

  it('has a test that calls each procedure', () => {
    const sources = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.test.ts')).map((file) => readFileSync(join(import.meta.dirname, file), 'utf8')).join('\n')
    expect(procedures.map(({ path }) => path).filter((path) => !sources.includes(`client.${path}(`))).toEqual([])
  })
})

describe('toOrpcError', () => {
  it.each(errorCodes)('keeps the code %s, the message and the advice', (code) => {
    const error = toOrpcError(new AppError(code, 'What happened.', 'What to do.'), ['a', 'b'])
    expect(error).toMatchObject({ code, message: 'What happened.', data: { advice: 'What to do.' } })
    expect(error.status).toBeGreaterThanOrEqual(400)
  })

  it('names the wrong fields of an input, three at most', () => {
    const issues = ['a', 'b', 'c', 'd'].map((key) => ({ message: 'expected number', path: [key] }))
    const cause = new ValidationError({ message: 'wrong', issues, data: {} })
    const error = toOrpcError(new ORPCError('BAD_REQUEST', { cause }), ['pairs', 'list'])
    expect(error.code).toBe('bad-input')
    expect(error.message).toBe('pairs.list was called with wrong input: “a”: expected number; “b”: expected number; “c”: expected number; and 1 more.')
  })

  it('calls an answer that breaks the contract an internal error', () => {
    const cause = new ValidationError({ message: 'wrong', issues: [{ message: 'x', path: [] }], data: {} })
    expect(toOrpcError(new ORPCError('INTERNAL_SERVER_ERROR', { cause, message: 'Output validation failed' }), []).code).toBe('internal')
  })
})

describe('the engine behind a channel', () => {
  const sent: FromEngine[] = []
  const exits: number[] = []
  let send: (data: ToEngine, ports?: MessageChannel['port1'][]) => void = () => undefined

  const serve = (opening: Promise<ColourProject['engine']>) => serveHost({
    on: (_, listener) => { send = (data, ports = []) => listener({ data, ports: ports as unknown as Parameters<typeof listener>[0]['ports'] }) },
    postMessage: (message) => void sent.push(message),
  }, opening, (code) => void exits.push(code))

  const connect = (): { client: EngineClient; close: () => void } => {
    const { port1, port2 } = new MessageChannel()
    send({ kind: 'connect' }, [port1])
    const client = createORPCClient<EngineClient>(new RPCLink({ port: port2 as unknown as ConstructorParameters<typeof RPCLink>[0]['port'] }))
    port2.start()
    return { client, close: () => port2.close() }
  }
  const ask = async (id: number, request: Omit<Extract<ToEngine, { kind: 'request' }>, 'kind' | 'id'>) => {
    send({ kind: 'request', id, ...request })
    await expect.poll(() => sent.find((message) => 'id' in message && message.id === id)).toBeDefined()
    return sent.find((message) => 'id' in message && message.id === id)!
  }

  it('serves several clients, answers input errors with the field, and streams changes', async () => {
    serve(Promise.resolve(project.engine))
    const one = connect()
    const two = connect()
    expect((await one.client.project.get({})).name).toBe('Colours')
    expect((await two.client.studio.getStatus({})).host).toBe('cli')
    await expect(one.client.pairs.list({ limit: 0 })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(/pairs\.list .*“limit”/), data: { advice: expect.any(String) } })
    await expect(one.client.pairs.get({ id: 4242 })).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('4242'), data: { advice: expect.any(String) } })

    const controller = new AbortController()
    const changes = await two.client.studio.watch({}, { signal: controller.signal })
    const next = changes.next()
    await new Promise((resolve) => setTimeout(resolve, 20))
    await one.client.project.rename({ name: 'Colours again' })
    expect((await next).value).toEqual({ topic: 'project' })
    controller.abort()
    expect(sent.some((message) => message.kind === 'ready')).toBe(true)
    one.close()
    two.close()
  })

  it('answers the requests of the host, and refuses with the reason', async () => {
    serve(Promise.resolve(project.engine))
    expect(await ask(1, { name: 'imageFile', input: { imageId: 1, size: 'thumbnail' } })).toMatchObject({ kind: 'answer', output: { contentType: expect.stringMatching(/^image\//), path: expect.any(String), tag: expect.any(String) } })
    expect(await ask(2, { name: 'imageFile', input: { imageId: 999, size: 'full' } })).toMatchObject({ kind: 'refusal', error: { code: 'not-found' } })
    const { path } = await project.engine.services.images.imageFile(1, 'full')
    const added = await ask(3, { name: 'addQueryImage', input: { bytes: readFileSync(path) } })
    const { queryImageId } = (added as { output: { queryImageId: string } }).output
    expect(await ask(4, { name: 'queryImageFile', input: { queryImageId } })).toMatchObject({ kind: 'answer', output: { contentType: 'image/png' } })
    expect(await ask(5, { name: 'tokenForPath', input: { path: project.dir } })).toMatchObject({ kind: 'answer', output: { token: expect.any(String) } })
  })

  it('tells why it could not start, then ends', async () => {
    serve(Promise.reject(new AppError('project-locked', 'Open elsewhere.', 'Close it there.')))
    await expect.poll(() => exits).toEqual([1])
    expect(sent.at(-1)).toEqual({ kind: 'failed', error: { code: 'project-locked', message: 'Open elsewhere.', advice: 'Close it there.' } })
  })
})
