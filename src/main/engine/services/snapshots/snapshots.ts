// The snapshots of a project: freeze, list, verify, copy out, delete. Each long one is a job.
import { constants } from 'node:fs'
import { copyFile, mkdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { NewFolder } from '../../../../shared/contract/exports'
import type { PairScope } from '../../../../shared/contract/pairs'
import type { Snapshot, Verification } from '../../../../shared/contract/snapshots'
import { AppError } from '../../../../shared/errors'
import { recoverFolders, replaceFolder } from '../../compute/training/replaceFolder'
import type { JobContext, JobRunner } from '../../jobs/runner'
import type { Store } from '../../store/openStore'
import type { StoredSnapshot } from '../../store/snapshotStore'
import type { ChangeBus } from '../changes'
import { refuseTaken, targetOf, writeNewFolder } from '../out/newFolder'
import { describeScope } from '../out/describeScope'
import type { Picker } from '../picker'
import type { RunSnapshot } from '../runSnapshot'
import { readSnapshotForRun } from './snapshotForRun'
import { fileNames, manifestSchema } from './snapshotFormat'
import { describeVerification, readChecksums, verifySnapshot } from './verifySnapshot'
import { writeSnapshot } from './writeSnapshot'

export interface SnapshotsDependencies {
  store: Store
  jobs: JobRunner
  picker: Picker
  changes: ChangeBus
}

const count = (value: number, one: string): string => `${value.toLocaleString('en')} ${value === 1 ? one : `${one}s`}`

export class SnapshotsService {
  /** What verifications of this sitting found, by job. */
  readonly #verifications = new Map<number, Verification>()

  constructor(private readonly dependencies: SnapshotsDependencies) {}

  list(): Snapshot[] {
    const { store } = this.dependencies
    const runs = store.snapshots.listRuns()
    return store.snapshots.list().map(({ id, name, createdAtMs, sha256, manifest, verifiedAtMs, differenceCount }) => {
      const { scope, licence, notes, counts } = manifestSchema.parse(JSON.parse(manifest))
      return { id, name, createdAtMs, sha256, scope, licence, notes, counts, verifiedAtMs, differenceCount, runs: runs.get(id) ?? [] }
    })
  }

  /** @throws AppError 'conflict' when the name is taken */
  create({ name, scope, licence, notes }: { name: string; scope: PairScope; licence: string | null; notes: string }): { jobId: number } {
    const { store } = this.dependencies
    this.#refuseTakenName(name)
    return this.#start(`Snapshot “${name}”`, async context => {
      context.enterPhase('freezing pairs')
      // What a kill left half-written. File jobs come one after another, so nobody else writes here.
      await recoverFolders(join(store.projectDir, 'snapshots'))
      const folderName = folderNameOf(name, store.snapshots.list())
      let written: Awaited<ReturnType<typeof writeSnapshot>> | null = null
      await replaceFolder(this.#folderOf({ folderName }), async folder => {
        written = await writeSnapshot(store, folder, { name, scope, scopeText: describeScope(scope), licence, notes, createdBy: 'FuseLIP Studio' }, {
          signal: context.signal, onProgress: (done, total) => context.report(done, total), onProblem: line => context.log(line),
        })
        this.#refuseTakenName(name)
      })
      const { manifest, sha256 } = written as unknown as Awaited<ReturnType<typeof writeSnapshot>>
      store.snapshots.add({ name, folderName, sha256, manifest: JSON.stringify(manifest), createdAtMs: manifest.createdAtMs })
      return `${count(manifest.counts.pairs, 'pair')}, ${count(manifest.counts.pictures, 'picture')}, ${sha256.slice(0, 12)}`
    })
  }

  verify(which: { snapshotId: number } | { folderToken: string }): { jobId: number } {
    const { store, picker } = this.dependencies
    const snapshot = 'snapshotId' in which ? store.snapshots.get(which.snapshotId) : null
    const folder = 'snapshotId' in which ? this.folderOf(which.snapshotId) : picker.pathForToken(which.folderToken)
    return this.#start(`Verify ${snapshot === null ? basename(folder) : `“${snapshot.name}”`}`, async context => {
      context.enterPhase('comparing checksums')
      const found = await verifySnapshot(folder, snapshot?.sha256 ?? null, { signal: context.signal, onProgress: (done, total) => context.report(done, total) })
      for (const { path, kind } of found.differences) context.log(`${path}: ${kind}`)
      this.#verifications.set(context.jobId, found)
      if (snapshot !== null) store.snapshots.setVerified(snapshot.id, Date.now(), found.differenceCount)
      return describeVerification(found)
    })
  }

  /** @throws AppError 'not-found' before it has ended, or after a restart */
  getVerification(jobId: number): Verification {
    const found = this.#verifications.get(jobId)
    if (found === undefined) throw new AppError('not-found', `Job ${jobId} has no finished verification.`, 'Verify the snapshot again.')
    return found
  }

  /** @throws AppError 'conflict' when the name is taken */
  async copy({ snapshotId, ...newFolder }: NewFolder & { snapshotId: number }): Promise<{ jobId: number }> {
    const snapshot = this.dependencies.store.snapshots.get(snapshotId)
    const target = targetOf(this.dependencies.picker, newFolder)
    await refuseTaken(target)
    return this.#start(`Copy snapshot “${snapshot.name}”`, async context => {
      context.enterPhase('copying files')
      const from = this.folderOf(snapshotId)
      const files = [...(await readChecksums(from)).map(({ path }) => path), fileNames.checksums]
      await writeNewFolder(target, to => copyFiles(from, to, files, context))
      return `${count(files.length, 'file')}, in ${target.path}`
    })
  }

  async remove(snapshotId: number): Promise<Record<string, never>> {
    const { store, changes } = this.dependencies
    const snapshot = store.snapshots.get(snapshotId)
    store.snapshots.remove(snapshotId)
    await rm(this.#folderOf(snapshot), { recursive: true, force: true })
    changes.publish({ topic: 'project' })
    return {}
  }

  /** @throws AppError 'not-found', 'unreadable-file' */
  readForRun(snapshotId: number, useMined: boolean): Promise<RunSnapshot> {
    return readSnapshotForRun(this.dependencies.store, this.folderOf(snapshotId), useMined)
  }

  /** @throws AppError 'not-found' */
  folderOf(snapshotId: number): string {
    return this.#folderOf(this.dependencies.store.snapshots.get(snapshotId))
  }

  #folderOf({ folderName }: Pick<StoredSnapshot, 'folderName'>): string {
    return join(this.dependencies.store.projectDir, 'snapshots', folderName)
  }

  #refuseTakenName(name: string): void {
    if (this.dependencies.store.snapshots.isNameTaken(name)) throw new AppError('conflict', `There is already a snapshot “${name}”.`, 'Choose another name; a snapshot is never written over.')
  }

  #start(title: string, work: (context: JobContext) => Promise<string>): { jobId: number } {
    const { jobs, changes } = this.dependencies
    const job = jobs.start({ kind: 'export', title }, async context => {
      const summary = await work(context)
      changes.publish({ topic: 'project' })
      return summary
    })
    return { jobId: job.id }
  }
}

/** Readable, safe on every file system, and not taken. */
function folderNameOf(name: string, taken: readonly StoredSnapshot[]): string {
  const plain = name.normalize('NFKD').replace(/\p{M}+/gu, '').replace(/[^\w.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '').slice(0, 60).toLowerCase() || 'snapshot'
  const isFree = (folderName: string): boolean => !taken.some(snapshot => snapshot.folderName === folderName)
  for (let number = 1; ; number++) {
    const folderName = number === 1 ? plain : `${plain}-${number}`
    if (isFree(folderName)) return folderName
  }
}

async function copyFiles(from: string, to: string, files: readonly string[], { signal, report }: JobContext): Promise<void> {
  for (const [index, path] of files.entries()) {
    signal.throwIfAborted()
    const target = join(to, ...path.split('/'))
    await mkdir(dirname(target), { recursive: true })
    await copyFile(join(from, ...path.split('/')), target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    if (index % 50 === 0) report(index, files.length)
  }
}
