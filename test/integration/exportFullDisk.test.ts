// A full disk, a real one: the export says so, and what was there before is as it was.
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { takePicture } from '../../src/main/engine/services/pictureIntake'
import { pairRow } from '../helpers/pairRows'
import { outProject } from '../helpers/outProject'
import { picture } from '../helpers/pictures'
import { temporaryFolder } from '../helpers/temporaryFolder'

const root = temporaryFolder()
// A small disk needs a mount of one's own, which Linux gives in a namespace.
const canMount = process.platform === 'linux' && spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', root]).status === 0
if (!canMount) console.warn('NOT RUN: the full-disk export needs `unshare -rm` and a tmpfs, which this machine does not give.')

test.runIf(canMount)('every form ends with “disk full” and leaves the old folder whole', async () => {
  const projectDir = join(root, 'project')
  const store = await outProject(projectDir)
  for (let seed = 100; seed < 103; seed++) {
    const leftImageId = store.images.ensure(await takePicture(store.files, await picture(seed, 200, 200).png().toBuffer(), `${seed}.png`))
    store.pairs.insert(store.pairs.nextId(), pairRow({ leftImageId, leftText: null, rightText: `noise ${seed}`, task: 'caption' }), store.project.nextRevision())
  }
  store.close()
  const mountDir = join(root, 'mount')
  mkdirSync(mountDir)
  const child = join(import.meta.dirname, '..', 'helpers', 'children', 'exportOnFullDisk.ts')
  const { stdout } = await promisify(execFile)('unshare', ['-rm', process.execPath, '--import', 'tsx', child, mountDir, projectDir])
  expect(JSON.parse(stdout)).toEqual({
    outcomes: { csv: 'disk-full', tsv: 'disk-full', jsonl: 'disk-full', parquet: 'disk-full', webdataset: 'disk-full', coco: 'disk-full' }, left: ['old', 'old/kept.txt'],
  })
})
