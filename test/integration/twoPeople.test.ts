// Two people, one project: two clients over two real WebSockets on a real engine, as two browser windows are.
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { windowHeader } from '../../src/shared/bridge'
import type { Contract } from '../../src/shared/contract'
import type { Pair } from '../../src/shared/contract/entities'
import type { Change } from '../../src/shared/contract/studio'
import { startBrowserHost, type BrowserHost } from '../../src/main/server/browserHost'
import { openColourProject, type ColourProject } from '../helpers/colourProject'
import { temporaryFolder } from '../helpers/temporaryFolder'

const folder = temporaryFolder()

interface Person {
  client: ContractRouterClient<Contract>
  /** What the others and oneself were told, in order. */
  heard: Change[]
  leave: () => void
}

let project: ColourProject
let host: BrowserHost
let people: Person[]

async function join(windowId: string): Promise<Person> {
  const websocket = new WebSocket(`ws://127.0.0.1:${host.port}/rpc`, { headers: { cookie: `fuselip-${host.port}=token`, origin: `http://127.0.0.1:${host.port}` } })
  await new Promise((resolve, reject) => websocket.once('open', resolve).once('error', reject))
  const client: Person['client'] = createORPCClient(new RPCLink({ websocket: websocket as unknown as globalThis.WebSocket, headers: { [windowHeader]: windowId } }))
  const heard: Change[] = []
  const changes = await client.studio.watch({})
  void (async () => {
    for await (const change of changes) heard.push(change)
  })().catch(() => undefined)
  const person = { client, heard, leave: () => websocket.close() }
  await vi.waitFor(async () => expect((await client.studio.listWindows({})).some(({ isOwn }) => isOwn)).toBe(true))
  people.push(person)
  return person
}
const only = (id: number) => ({ scope: { ids: [id] } })
const statusOf = async (person: Person, id: number): Promise<string> => (await person.client.pairs.get({ id })).status
const pairChanges = ({ heard }: Person): Extract<Change, { topic: 'pairs' }>[] => heard.filter((change) => change.topic === 'pairs')

/** All pairs of the project come accepted. */
let ada: Person
let ben: Person
let pair: Pair

beforeEach(async () => {
  people = []
  project = await openColourProject()
  host = await startBrowserHost({ router: project.engine.router, media: {} as never, rendererDir: folder, port: 0, token: 'token', maxUploadBytes: 1000 })
  ada = await join('window-of-ada')
  ben = await join('window-of-ben')
  pair = (await ada.client.pairs.list({})).pairs[0]!
})
afterEach(async () => {
  for (const person of people) person.leave()
  await host.close()
  await project.dispose()
})

describe('what the other one sees', () => {
  it('is which pairs changed, and by which window', async () => {
    await ada.client.pairs.setStatus({ ...only(pair.id), status: 'unreviewed' })
    await ada.client.pairs.addTag({ ...only(pair.id), tag: 'seen' })
    await ada.client.pairs.editText({ id: pair.id, side: 'right', text: 'other words', revision: (await ada.client.pairs.get({ id: pair.id })).revision })
    await vi.waitFor(() => expect(pairChanges(ben).length).toBeGreaterThan(0))
    expect(pairChanges(ben).every(({ windowId, pairIds }) => windowId === 'window-of-ada' && pairIds?.length === 1 && pairIds[0] === pair.id)).toBe(true)
    // Ada is told too, and can tell that it was her own.
    await vi.waitFor(() => expect(pairChanges(ada)[0]?.windowId).toBe('window-of-ada'))
    expect(await ben.client.pairs.getMany({ ids: [pair.id, 999_999] })).toMatchObject([{ id: pair.id, status: 'unreviewed', tags: ['seen'], right: { text: 'other words' } }])
  })

  it('is that the list changed where pairs come or go, and judgements and filters', async () => {
    await ada.client.filters.save({ name: 'mine', filter: { query: 'status:accepted' }, sort: 'oldest' })
    await vi.waitFor(() => expect(ben.heard.map(({ topic }) => topic)).toContain('filters'))
  })

  it('is who is there and looks at what', async () => {
    await ada.client.studio.lookAt({ pairId: pair.id })
    await vi.waitFor(() => expect(ben.heard.map(({ topic }) => topic)).toContain('windows'))
    expect(await ben.client.studio.listWindows({})).toEqual([{ isOwn: false, name: 'Window 1', pairId: pair.id }, { isOwn: true, name: 'Window 2', pairId: null }])
    ada.leave()
    await vi.waitFor(async () => expect(await ben.client.studio.listWindows({})).toHaveLength(1))
  })
})

describe('edits of one pair', () => {
  it('of the same text: the second is told, and nothing is overwritten', async () => {
    await ada.client.pairs.editText({ id: pair.id, side: 'right', text: 'words of ada', revision: pair.revision, shown: pair.right.text })
    await expect(ben.client.pairs.editText({ id: pair.id, side: 'right', text: 'words of ben', revision: pair.revision, shown: pair.right.text })).rejects.toMatchObject({ code: 'conflict' })
    await expect(ben.client.pairs.editText({ id: pair.id, side: 'right', text: 'words of ben', revision: pair.revision })).rejects.toMatchObject({ code: 'conflict' })
    expect((await ben.client.pairs.get({ id: pair.id })).right.text).toBe('words of ada')
    const saved = await ben.client.pairs.editText({ id: pair.id, side: 'right', text: 'words of both', revision: pair.revision, shown: 'words of ada' })
    expect(saved.pairs[0]?.right.text).toBe('words of both')
  })

  it('of different things go together: a text, a status, tags of both', async () => {
    await ada.client.pairs.addTag({ ...only(pair.id), tag: 'ada' })
    await ben.client.pairs.addTag({ ...only(pair.id), tag: 'ben' })
    await ada.client.pairs.setStatus({ ...only(pair.id), status: 'rejected' })
    await ben.client.pairs.editText({ id: pair.id, side: 'right', text: 'words of ben', revision: pair.revision, shown: pair.right.text })
    expect(await ada.client.pairs.get({ id: pair.id })).toMatchObject({ status: 'rejected', tags: ['ada', 'ben'], right: { text: 'words of ben' } })
  })
})

describe('undo', () => {
  it('takes back one’s own edits, whatever the other did since', async () => {
    const [first, second] = (await ada.client.pairs.list({})).pairs
    await ada.client.pairs.setStatus({ ...only(first!.id), status: 'rejected' })
    await ben.client.pairs.setStatus({ ...only(second!.id), status: 'unreviewed' })
    expect((await ada.client.history.get({})).undoLabel).toBe('reject 1 pair')
    expect((await ben.client.history.get({})).undoLabel).toBe('reset 1 pair')
    await ada.client.history.undo({})
    expect([await statusOf(ada, first!.id), await statusOf(ada, second!.id)]).toEqual(['accepted', 'unreviewed'])
    // Ben's next edit does not cost Ada her redo.
    await ben.client.pairs.addTag({ ...only(second!.id), tag: 'x' })
    await ada.client.history.redo({})
    expect(await statusOf(ben, first!.id)).toBe('rejected')
    await ben.client.history.undo({})
    await ben.client.history.undo({})
    expect(await statusOf(ben, second!.id)).toBe('accepted')
    expect(await ben.client.history.get({})).toEqual({ undoLabel: null, redoLabel: 'reset 1 pair' })
  })

  it('does not write over what the other made of the same pair, unless told to', async () => {
    await ada.client.pairs.setStatus({ ...only(pair.id), status: 'rejected' })
    await ben.client.pairs.setStatus({ ...only(pair.id), status: 'unreviewed' })
    await expect(ada.client.history.undo({})).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining(`“reject 1 pair” was not taken back: pair ${pair.id} was changed in another window`) as string })
    expect(await statusOf(ada, pair.id)).toBe('unreviewed')
    await ada.client.history.undo({ onConflict: 'overwrite' })
    expect(await statusOf(ben, pair.id)).toBe('accepted')
    await expect(ben.client.history.undo({})).rejects.toMatchObject({ code: 'conflict' })
    expect((await ben.client.history.undo({ onConflict: 'skip' })).history.undoLabel).toBeNull()
    expect(await statusOf(ben, pair.id)).toBe('accepted')
  })

  it('of tags takes one’s own tag away and leaves the other’s', async () => {
    await ada.client.pairs.addTag({ ...only(pair.id), tag: 'ada' })
    await ben.client.pairs.addTag({ ...only(pair.id), tag: 'ben' })
    await ada.client.history.undo({})
    expect((await ada.client.pairs.get({ id: pair.id })).tags).toEqual(['ben'])
    await ada.client.history.redo({})
    expect((await ada.client.pairs.get({ id: pair.id })).tags).toEqual(['ada', 'ben'])
  })

  it('is everybody’s once a window is closed, and one’s own again after a reload', async () => {
    await ada.client.pairs.setStatus({ ...only(pair.id), status: 'rejected' })
    expect((await ben.client.history.get({})).undoLabel).toBeNull()
    ada.leave()
    await vi.waitFor(async () => expect((await ben.client.history.get({})).undoLabel).toBe('reject 1 pair'))
    const reloaded = await join('window-of-ada')
    expect((await ben.client.history.get({})).undoLabel).toBeNull()
    await reloaded.client.history.undo({})
    expect(await statusOf(ben, pair.id)).toBe('accepted')
    // The command line has no window; its edits are everybody's, and it sees those of closed windows only.
    await project.client.pairs.setStatus({ ...only(pair.id), status: 'unreviewed' })
    expect((await ben.client.history.get({})).undoLabel).toBe('reset 1 pair')
  })
})
