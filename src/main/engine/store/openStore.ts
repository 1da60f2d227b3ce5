// Opens a project folder. Order matters: the lock first, then a look at the version without touching the database, then
// migrations; whatever fails gives the lock back.
import { closeSync, mkdirSync, openSync, readSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { AppError } from '../../../shared/errors'
import { AttentionStore } from './attentionStore'
import { BinStore } from './binStore'
import { BulkHistory } from './bulkHistory'
import { CodebookUseStore } from './codebookUseStore'
import { Database } from './database'
import { EmbeddingStore } from './embeddingStore'
import { EvaluationStore } from './evaluationStore'
import { FilterStore } from './filterStore'
import { FindingStore } from './findingStore'
import { GroupStore } from './groupStore'
import { HistoryList } from './historyList'
import { HistoryStore } from './historyStore'
import { ImageStore } from './imageStore'
import { ImportStore } from './importStore'
import { JobStore } from './jobStore'
import { currentVersion, migrate, newerProjectError } from './migrations/index'
import { MakingStore } from './makingStore'
import { MapStore } from './mapStore'
import { MeasureStore } from './measureStore'
import { ModelNoteStore } from './modelNoteStore'
import { NearStore } from './nearStore'
import { NegativeStore } from './negativeStore'
import { PairStore } from './pairStore'
import { isProjectDir, ProjectFiles } from './projectFiles'
import { lockProject } from './projectLock'
import { ProjectStore } from './projectStore'
import { RunStore } from './runStore'
import { openReader, type StoreReader } from './storeReader'
import { SnapshotStore } from './snapshotStore'
import { TokenStore } from './tokenStore'

export interface Store {
  readonly projectDir: string
  readonly files: ProjectFiles
  readonly project: ProjectStore
  readonly images: ImageStore
  readonly pairs: PairStore
  readonly history: HistoryStore
  readonly historyList: HistoryList
  readonly bulkHistory: BulkHistory
  readonly filters: FilterStore
  readonly bin: BinStore
  readonly imports: ImportStore
  readonly making: MakingStore
  readonly jobs: JobStore
  readonly runs: RunStore
  readonly tokens: TokenStore
  readonly embeddings: EmbeddingStore
  readonly negatives: NegativeStore
  readonly groups: GroupStore
  readonly evaluations: EvaluationStore
  readonly codebookUse: CodebookUseStore
  readonly maps: MapStore
  readonly near: NearStore
  readonly measures: MeasureStore
  readonly findings: FindingStore
  readonly modelNotes: ModelNoteStore
  readonly attention: AttentionStore
  readonly snapshots: SnapshotStore
  /** What is there now, to be read for a long time. Whoever opens it closes it. */
  openReader(): StoreReader
  /** Runs `work` wholly or not at all; `work` must not wait for anything. */
  transaction<T>(work: () => T): T
  close(): void
}

/** Opens the project in `projectDir`. @throws AppError 'not-found', 'project-locked', 'newer-project', 'unreadable-file' */
export function openStore(projectDir: string): Store {
  const folder = resolve(projectDir)
  if (!isProjectDir(folder)) {
    throw new AppError('not-found', `There is no project in “${folder}”: it has no project.sqlite.`, 'Choose a project folder, or create a project there.')
  }
  return openLocked(folder, null)
}

export interface NewProject {
  name: string
  isSample: boolean
}

/** Creates an empty project in `projectDir`, which may exist. @throws AppError 'conflict' when a project is there already */
export function createStore(projectDir: string, project: NewProject): Store {
  const folder = resolve(projectDir)
  if (isProjectDir(folder)) {
    throw new AppError('conflict', `There is already a project in “${folder}”.`, 'Open it, or choose another folder.')
  }
  mkdirSync(folder, { recursive: true })
  return openLocked(folder, project)
}

function openLocked(projectDir: string, created: NewProject | null): Store {
  const lock = lockProject(projectDir)
  let database: Database | null = null
  try {
    const files = new ProjectFiles(projectDir)
    if (created === null) refuseForeignFile(files.databasePath)
    database = new Database(files.databasePath)
    // A process killed before its last checkpoint leaves the version in the write-ahead log, so ask SQLite as well.
    const version = database.count('PRAGMA user_version')
    if (version > currentVersion) throw newerProjectError(version)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY')
    files.prepare()
    migrate(database)
    return assemble(database, files, created ?? { name: basename(projectDir), isSample: false }, lock.release)
  } catch (thrown) {
    database?.close()
    lock.release()
    throw thrown
  }
}

/** Reads the file header (SQLite file format §1.3) because opening a newer project would already write beside it. */
function refuseForeignFile(path: string): void {
  const header = Buffer.alloc(100)
  const file = openSync(path, 'r')
  const length = readSync(file, header, 0, 100, 0)
  closeSync(file)
  // Empty: a process was killed between creating the file and its first write; migrations fill it.
  if (length === 0) return
  if (length < 100 || header.toString('latin1', 0, 15) !== 'SQLite format 3') {
    throw new AppError('unreadable-file', `“${path}” is not a project database.`, 'Choose another folder, or restore the file from a backup.')
  }
  const version = header.readUInt32BE(60)
  if (version > currentVersion) throw newerProjectError(version)
}

function assemble(database: Database, files: ProjectFiles, fallback: NewProject, release: () => void): Store {
  const project = new ProjectStore(database)
  project.ensure(fallback)
  const pairs = new PairStore(database, project)
  const bin = new BinStore(database)
  const history = new HistoryStore(database, pairs, project, bin)
  const bulkHistory = new BulkHistory(database, history)
  bulkHistory.recover()
  return {
    projectDir: files.projectDir,
    files,
    project,
    images: new ImageStore(database),
    pairs,
    filters: new FilterStore(database),
    history,
    historyList: new HistoryList(database),
    bulkHistory,
    bin,
    imports: new ImportStore(database),
    making: new MakingStore(database),
    jobs: new JobStore(database),
    runs: new RunStore(database),
    tokens: new TokenStore(database),
    embeddings: new EmbeddingStore(database),
    negatives: new NegativeStore(database),
    groups: new GroupStore(database),
    evaluations: new EvaluationStore(database),
    codebookUse: new CodebookUseStore(database),
    maps: new MapStore(database),
    near: new NearStore(database),
    measures: new MeasureStore(database),
    findings: new FindingStore(database),
    modelNotes: new ModelNoteStore(database),
    attention: new AttentionStore(database),
    snapshots: new SnapshotStore(database),
    openReader: () => openReader(files.databasePath),
    transaction: work => database.transaction(work),
    close: () => {
      database.close()
      release()
    },
  }
}

