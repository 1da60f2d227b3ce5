// WebDataset shards, made member by member: good ones, hostile ones, and ones that were cut.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ArchiveFile, readArchiveMembers, type ArchiveMember } from '../../src/main/engine/services/import/archiveMembers'
import { inspectSource } from '../../src/main/engine/services/import/runImport'
import { importingTests } from '../helpers/importing'
import { picture } from '../helpers/pictures'
import { tarFile, type TarMember } from '../helpers/tarFile'

const { newStore, importFrom, source } = importingTests()
const png = (seed: number): Promise<Buffer> => picture(seed).png().toBuffer()

test('samples of several shards: pictures, texts, members of the JSON; the columns are suggested', async () => {
  const path = await source({
    'train-0.tar': tarFile([
      { name: './', type: '5' }, { name: '0001.png', content: await png(1) }, { name: '0001.txt', content: 'one\n' }, { name: '0001.json', content: '{"caption": "first", "width": 24, "status": "success"}' },
      { name: 'deep/0002.json', content: '{"caption": "second", "width": 24}' }, { name: 'deep/0002.png', content: await png(2) }, { name: 'deep/0002.txt', content: 'two' }, { name: 'deep/0002.npy', content: 'other data' },
    ]),
    'train-10.tar': tarFile([{ name: '0100.png', content: await png(3) }, { name: '0100.txt', content: 'hundred' }]),
    'train-9.tar': tarFile([{ name: '0090.png', content: await png(1) }, { name: '0090.txt', content: 'ninety' }]),
  })
  const preview = await inspectSource(path)
  expect(preview).toMatchObject({ kind: 'webdataset', usesMapping: true, suggestedMapping: { leftImage: 'image', leftText: null, rightImage: null, rightText: 'json.caption' } })
  expect(preview.sampleRows[0]).toEqual({ image: '0001.png', txt: 'one\n', 'json.caption': 'first', 'json.width': '24', 'json.status': 'success' })
  const mapping = { leftImage: 'image', leftText: null, rightImage: null, rightText: 'txt' }
  const store = newStore()
  const { pairs, problems } = await importFrom(store, path, mapping)
  expect(pairs.map(pair => [pair.left.imageId, pair.right.text, pair.status])).toEqual([[1, 'one', 'unreviewed'], [2, 'two', 'unreviewed'], [1, 'ninety', 'unreviewed'], [3, 'hundred', 'unreviewed']])
  expect(problems).toEqual([])
  expect(store.images.get(2).sourceName).toBe('0002.png')
  expect((await importFrom(newStore(), join(path, 'train-9.tar'))).pairs.map(pair => pair.right.text)).toEqual(['ninety'])
})

test('two pictures of a sample are the two sides', async () => {
  const path = await source({ 'edits.tar': tarFile([{ name: '1.left.png', content: await png(1) }, { name: '1.right.png', content: await png(2) }, { name: '1.instruction.txt', content: 'turn it' }]) })
  const mapping = { leftImage: 'left', leftText: 'instruction.txt', rightImage: 'right', rightText: null }
  const { pairs } = await importFrom(newStore(), join(path, 'edits.tar'), mapping)
  expect(pairs.map(pair => [pair.left, pair.right])).toEqual([[{ imageId: 1, text: 'turn it' }, { imageId: 2, text: null }]])
})

test('hostile members are listed, the rest is read, and nothing is written outside the project', async () => {
  const picture1 = await png(1)
  const path = await source({
    'bad.tar': tarFile([
      { name: '../../escape.png', content: picture1 }, { name: '/etc/escape.txt', content: 'x' }, { name: 'C:\\escape.txt', content: 'x' },
      { name: 'a.png', type: '2', linkName: '/etc/passwd' }, { name: 'b.png', type: '1', linkName: 'a.png' }, { name: 'pipe.png', type: '6' },
      { name: 'c.png', content: 'not a picture' }, { name: 'c.txt', content: 'words' }, { name: 'd.png', content: picture1 }, { name: 'd.json', content: '{"caption": ' },
      { name: 'e.png', content: picture1 }, { name: 'e.txt', content: 'x'.repeat(1024 * 1024 + 1) }, { name: 'good.png', content: picture1 }, { name: 'good.txt', content: 'good' },
    ]),
  })
  const { pairs, problems } = await importFrom(newStore(), join(path, 'bad.tar'), { leftImage: 'image', leftText: null, rightImage: null, rightText: 'txt' })
  expect(pairs.map(pair => pair.right.text)).toEqual(['good'])
  expect(problems.sort()).toEqual([
    'bad.tar, ../../escape.png: path-escape', 'bad.tar, /etc/escape.txt: path-escape', 'bad.tar, C:\\escape.txt: path-escape', 'bad.tar, a.png: not-a-file', 'bad.tar, b.png: not-a-file',
    'bad.tar, c: unreadable-picture', 'bad.tar, d.json: broken-row', 'bad.tar, e.txt: long-text', 'bad.tar, pipe.png: not-a-file',
  ])
})

test('an archive that was cut gives its whole samples and one problem', async () => {
  const content = await png(1)
  const whole = tarFile([{ name: '1.png', content }, { name: '1.txt', content: 'one' }, { name: '2.png', content: await png(2) }, { name: '2.txt', content: 'two' }])
  const path = await source({ 'cut.tar': whole.subarray(0, 512 * 4 + Math.ceil(content.length / 512) * 512) })
  const { pairs, problems, reasons } = await importFrom(newStore(), join(path, 'cut.tar'))
  expect([pairs.map(pair => pair.right.text), problems]).toEqual([['one'], ['cut.tar, 2.png: truncated-archive']])
  expect(reasons[0]).toContain('Get the archive again')
})

test('what is no tar, or is compressed, is refused with what to do', async () => {
  const path = await source({ 'words.tar': 'x'.repeat(2000), 'empty.tar': '', 'data.tar.gz': 'x', 'none.tar': Buffer.alloc(1024) })
  await expect(importFrom(newStore(), join(path, 'data.tar.gz'))).rejects.toMatchObject({ code: 'bad-input', advice: expect.stringContaining('gunzip') as string })
  for (const name of ['empty.tar', 'words.tar', 'none.tar']) await expect(importFrom(newStore(), join(path, name))).rejects.toMatchObject({ code: 'bad-input' })
  expect((await inspectSource(join(path, 'words.tar'))).sampleProblems[0]).toContain('no tar archive')
})

async function membersOf(members: readonly TarMember[]): Promise<ArchiveMember[]> {
  const path = await source({})
  const file = join(path, '..', `${Math.random()}.tar`)
  writeFileSync(file, tarFile(members))
  const archive = await ArchiveFile.open(file)
  const found: ArchiveMember[] = []
  for await (const member of readArchiveMembers(archive)) found.push(member)
  await archive.close()
  return found
}

test('long names of GNU and pax; sizes that announce more than there is', async () => {
  const long = `${'deep/'.repeat(40)}name.txt`
  const pax = `${String(`path=${long}\n`.length + 4)} path=${long}\n`
  expect(await membersOf([{ name: '././@LongLink', type: 'L', content: `${long}\0` }, { name: 'short', content: 'abc' }])).toMatchObject([{ name: long, sizeBytes: 3, problem: null }])
  expect(await membersOf([{ name: 'PaxHeader', type: 'x', content: pax }, { name: 'short', content: 'abcd' }, { name: 'after', content: '' }])).toMatchObject([{ name: long, sizeBytes: 4 }, { name: 'after', sizeBytes: 0 }])
  expect(await membersOf([{ name: 'huge.png', content: 'x', announcedBytes: 8 ** 10 }])).toMatchObject([{ name: 'huge.png', isFatal: true, problem: { code: 'truncated-archive' } }])
  expect(await membersOf([{ name: '././@LongLink', type: 'L', content: 'x'.repeat(2 ** 20 + 1) }])).toMatchObject([{ isFatal: true, problem: { code: 'broken-archive' } }])
})
