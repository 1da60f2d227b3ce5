// Imports into a project and prints the number of rows done, until it ends or is killed. Arguments: project, source.
import { createStore, openStore } from '../../../src/main/engine/store/openStore'
import { isProjectDir } from '../../../src/main/engine/store/projectFiles'
import { runImport } from '../../../src/main/engine/services/import/runImport'

const [projectDir = '', source = ''] = process.argv.slice(2)
const store = isProjectDir(projectDir) ? openStore(projectDir) : createStore(projectDir, { name: 'killed', isSample: false })
await runImport(store, source, null, { task: 'caption', split: 'train' }, { signal: new AbortController().signal, onProgress: done => console.log(done) })
store.close()
console.log('end')
