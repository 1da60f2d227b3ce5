// Runs in a mount namespace of its own (`unshare -rm`): exports a project, and freezes it, onto a disk that is too small,
// and prints what happened as JSON. Arguments: an empty folder to mount at, a project folder.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataExportOptionsSchema, dataFormSchema } from '../../../src/shared/contract/exports'
import { exportData } from '../../../src/main/engine/services/out/exportData'
import { openStore } from '../../../src/main/engine/store/openStore'

const [mountDir = '', projectDir = ''] = process.argv.slice(2)
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=192k', 'tmpfs', mountDir])
const store = openStore(projectDir)
const quiet = { signal: new AbortController().signal, onProgress: () => undefined, onProblem: () => undefined }
const outcomes: Record<string, string> = {}
mkdirSync(join(mountDir, 'old'))
writeFileSync(join(mountDir, 'old', 'kept.txt'), 'kept')
for (const form of dataFormSchema.options) {
  outcomes[form] = await exportData(store, { filter: { query: '' }, except: [] }, dataExportOptionsSchema.parse({ form }), { path: join(mountDir, 'old'), overwrite: true }, quiet)
    .then(() => 'written', (thrown: unknown) => (thrown as { code?: string }).code ?? String(thrown))
}
store.close()
console.log(JSON.stringify({ outcomes, left: readdirSync(mountDir, { recursive: true }).sort() }))
