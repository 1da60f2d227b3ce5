// The only list of procedures. Hosts serve it, the renderer and the command line call it, tests walk it.
import { attentionContract } from './attention'
import { blendContract } from './blend'
import { embeddingsContract } from './embeddings'
import { exportsContract } from './exports'
import { importContract } from './import'
import { inspectorContract } from './inspector'
import { makeContract } from './make'
import { mapsContract } from './maps'
import { modelsContract } from './models'
import { nearContract } from './near'
import { negativesContract } from './negatives'
import { filtersContract, historyContract, pairsContract } from './pairs'
import { projectContract } from './project'
import { qualityContract } from './quality'
import { runsContract } from './runs'
import { evaluationContract, searchContract } from './search'
import { snapshotsContract } from './snapshots'
import { devicesContract, jobsContract, pickerContract, settingsContract, studioContract, tokensContract } from './studio'

export const contract = {
  studio: studioContract,
  settings: settingsContract,
  project: projectContract,
  picker: pickerContract,
  import: importContract,
  exports: exportsContract,
  snapshots: snapshotsContract,
  pairs: pairsContract,
  filters: filtersContract,
  history: historyContract,
  attention: attentionContract,
  make: makeContract,
  tokens: tokensContract,
  embeddings: embeddingsContract,
  negatives: negativesContract,
  maps: mapsContract,
  near: nearContract,
  quality: qualityContract,
  runs: runsContract,
  search: searchContract,
  evaluation: evaluationContract,
  inspector: inspectorContract,
  models: modelsContract,
  blend: blendContract,
  devices: devicesContract,
  jobs: jobsContract,
}

export type Contract = typeof contract
