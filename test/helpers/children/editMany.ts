// Opens a project and runs an act on all of its pairs, telling each part, so that a test can kill it in the middle.
import { editLaneOf } from '../../../src/main/engine/services/editLane'
import { ChangeBus } from '../../../src/main/engine/services/changes'
import { HistoryService } from '../../../src/main/engine/services/history'
import { PairsService } from '../../../src/main/engine/services/pairs'
import { openStore } from '../../../src/main/engine/store/openStore'

const [projectDir = '', act = ''] = process.argv.slice(2)
const store = openStore(projectDir)
const setTimes = store.pairs.setColumn.bind(store.pairs)
store.pairs.setColumn = (...input) => {
  setTimes(...input)
  process.stdout.write('part\n')
}
const changes = new ChangeBus()
if (act === 'edit') await new PairsService(store, changes).setStatus({ filter: { query: '' }, except: [] }, 'rejected')
else await new HistoryService(store, changes).undo()
await editLaneOf(store).idle()
process.stdout.write('done\n')
store.close()
