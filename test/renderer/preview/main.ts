// The interface over the fake api, to look at it without an engine. `?empty` shows the empty states.
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from '@renderer/App.vue'
import { provideApi } from '@renderer/api/api'
import { createStudioRouter } from '@renderer/router/router'
import '@renderer/styles/main.css'
import { createFakeApi } from '../helpers/fakeApi'
import { installModels } from '../helpers/fakeModels'
import { makeCandidate, makeJob, makePair } from '../helpers/fakeData'

const isEmpty = location.search.includes('empty')
const pairs = isEmpty ? [] : Array.from({ length: 640 }, (_, index) => makePair(index + 1, index % 4 === 1 ? { status: 'accepted' } : index % 9 === 4 ? { status: 'rejected' } : {}))
const candidates = pairs.slice(0, 40).map((pair, index) => makeCandidate(index + 1, pair, pairs[index + 60] ?? pair))
const jobs = isEmpty ? [] : [
  makeJob(3, { title: 'Tokenize pictures', kind: 'tokenize', phase: 'tokenizing', done: 212, total: 640, startedAtMs: Date.now() - 9000 }),
  makeJob(2, { state: 'failed', title: 'Import captions.csv', kind: 'import', endedAtMs: Date.now() - 400_000, error: { code: 'disk-full', message: 'The disk is full; nothing was changed.', advice: 'Free some space, then try again.' } }),
  makeJob(1, { state: 'done', title: 'Import pictures', kind: 'import', endedAtMs: Date.now() - 900_000, summary: '640 pairs added, 2 problems' }),
]
const fake = createFakeApi({ pairs, candidates, jobs, minedAtMs: isEmpty ? null : Date.now() - 300_000, isStale: true })
if (!isEmpty) installModels(fake)
const pinia = createPinia()
const app = createApp(App)
provideApi(app, pinia, fake.api)
app.use(pinia)
app.use(createStudioRouter())
app.mount('#app')
