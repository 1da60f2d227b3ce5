// A second connection that sees the project as it was when the connection was opened, however long it is read: whatever
// leaves the library is of one moment, although people go on editing.
import { Database } from './database'
import { GroupStore } from './groupStore'
import { ImageStore } from './imageStore'
import { NegativeStore } from './negativeStore'
import { PairStore } from './pairStore'
import { ProjectStore } from './projectStore'

export interface StoreReader {
  readonly project: ProjectStore
  readonly pairs: PairStore
  readonly images: ImageStore
  readonly groups: GroupStore
  readonly negatives: NegativeStore
  close(): void
}

export function openReader(databasePath: string): StoreReader {
  const database = new Database(databasePath)
  database.exec('PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; BEGIN')
  const project = new ProjectStore(database)
  // A deferred transaction sees the state of its first read.
  project.get()
  return {
    project,
    pairs: new PairStore(database, project),
    images: new ImageStore(database),
    groups: new GroupStore(database),
    negatives: new NegativeStore(database),
    close: () => database.close(),
  }
}
