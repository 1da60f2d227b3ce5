// The contract over memory: the same procedures and types as the engine, without one. `studio` is what a test may change
// and look at; `calls` tells which procedures were called with what.
import type { Api } from '@renderer/api/api'
import { settingsSchema, type Change, type Settings } from '@shared/contract/studio'
import type { Job, Pair, Status } from '@shared/contract/entities'
import type { Candidate } from '@shared/contract/negatives'
import type { History, PairFilter, PairScope } from '@shared/contract/pairs'
import { AppError } from '@shared/errors'
import { parseFilter } from '@shared/filter/parseFilter'
import { defaultRecipe } from '@shared/recipe'
import { matchesFilter } from '../../helpers/plainFilter'
import { makeJob, makeModel } from './fakeData'
import { drawingIdOf, makeComparison, makeInspectedPicture, makeMaskPrediction, makeTokenRow } from './fakeInspector'

interface Edit {
  label: string
  undo: () => void
  redo: () => void
}

export interface FakeStudio {
  pairs: Pair[]
  candidates: Candidate[]
  jobs: Job[]
  settings: Settings
  isStale: boolean
  minedAtMs: number | null
}

export interface FakeApi {
  api: Api
  studio: FakeStudio
  calls: { name: string; input: unknown }[]
  emit: (change: Change) => void
  /** Makes the next call of a procedure fail. */
  failNext: (name: string, error: AppError) => void
  /** Puts another answer in the place of a procedure. */
  answer: (name: string, procedure: (input: never) => unknown) => void
}

export function createFakeApi(start: Partial<FakeStudio> = {}): FakeApi {
  const studio: FakeStudio = { pairs: [], candidates: [], jobs: [], settings: settingsSchema.parse({}), isStale: false, minedAtMs: null, ...start }
  const calls: FakeApi['calls'] = []
  const failures = new Map<string, AppError>()
  const listeners = new Set<(change: Change) => void>()
  const done: Edit[] = []
  const undone: Edit[] = []

  const emit = (change: Change): void => listeners.forEach((listen) => listen(change))
  const history = (): History => ({ undoLabel: done.at(-1)?.label ?? null, redoLabel: undone.at(-1)?.label ?? null })
  const find = (id: number): Pair => {
    const pair = studio.pairs.find((candidate) => candidate.id === id)
    if (!pair) throw new AppError('not-found', `There is no pair ${id}.`)
    return pair
  }
  const put = (pairs: Pair[]): void => {
    const byId = new Map(pairs.map((pair) => [pair.id, pair]))
    studio.pairs = studio.pairs.map((pair) => byId.get(pair.id) ?? pair)
    emit({ topic: 'pairs' })
  }

  function edit(ids: number[], label: string, change: (pair: Pair) => Partial<Pair>) {
    const before = ids.map(find)
    const after = before.map((pair) => ({ ...pair, ...change(pair), revision: pair.revision + 1 }))
    put(after)
    done.push({ label, undo: () => put(before), redo: () => put(after) })
    undone.length = 0
    return { pairs: after, changedCount: after.length, history: history() }
  }

  function step(from: Edit[], to: Edit[], act: 'undo' | 'redo') {
    const last = from.pop()
    if (!last) throw new AppError('conflict', `There is nothing to ${act}.`)
    const before = studio.pairs
    last[act]()
    to.push(last)
    const pairs = studio.pairs.filter((pair) => !before.includes(pair))
    return { pairs, changedCount: pairs.length, history: history() }
  }

  const matches = (filter: PairFilter) => {
    const { value, problem } = parseFilter(filter.query)
    if (problem) throw new AppError('bad-input', problem.message, problem.advice)
    return (pair: Pair): boolean => matchesFilter(value, pair)
  }
  const idsOf = (scope: PairScope): number[] =>
    ('ids' in scope ? scope.ids : studio.pairs.filter(matches(scope.filter)).map((pair) => pair.id).filter((id) => !scope.except.includes(id)))

  const listPairs = (filter: PairFilter, sort: string): Pair[] => {
    const found = studio.pairs.filter(matches(filter))
    if (sort === 'newest') found.reverse()
    if (sort === 'lowest-score') found.sort((a, b) => (a.score ?? 0) - (b.score ?? 0))
    if (sort === 'highest-score') found.sort((a, b) => (b.score ?? 0) - (a.score ?? 0))
    return found
  }

  const count = <K extends string>(keys: readonly K[], pairs: Pair[], of: (pair: Pair) => K): Record<K, number> =>
    Object.fromEntries(keys.map((key) => [key, pairs.filter((pair) => of(pair) === key).length])) as Record<K, number>
  const statuses: Status[] = ['unreviewed', 'accepted', 'rejected']
  const splits = ['train', 'validation', 'test'] as const
  const tasks = ['caption', 'vqa', 'edit', 'transform', 'region', 'compose'] as const
  const noFilter: PairFilter = { query: '' }
  const device = { id: 'cpu', name: 'CPU · 2 threads', kind: 'cpu' as const, isUsable: true, reason: null }
  const project = () => ({
    name: 'Sample project', isSample: true, createdAtMs: 1_760_000_000_000, pairCount: studio.pairs.length, imageCount: studio.pairs.length,
    countByStatus: count(statuses, studio.pairs, (pair) => pair.status), countBySplit: count(splits, studio.pairs, (pair) => pair.split),
    tokenizedImageCount: studio.pairs.length, groupCount: 0, judgementCount: studio.candidates.filter((candidate) => candidate.verdict).length,
    runCount: 0, currentModelId: 'bundled:nano',
  })

  function startJob(kind: Job['kind'], title: string): { jobId: number } {
    const job = makeJob(studio.jobs.length + 1, { kind, title })
    studio.jobs = [job, ...studio.jobs]
    emit({ topic: 'job', job })
    return { jobId: job.id }
  }
  const findJob = (jobId: number): Job => {
    const job = studio.jobs.find((candidate) => candidate.id === jobId)
    if (!job) throw new AppError('not-found', `There is no job ${jobId}.`)
    return job
  }
  const run = (runId: number) => { throw new AppError('not-found', `There is no run ${runId}.`) }

  async function* watch(signal: AbortSignal | undefined): AsyncGenerator<Change> {
    const queue: Change[] = []
    let wake = (): void => {}
    const listen = (change: Change): void => { queue.push(change); wake() }
    listeners.add(listen)
    signal?.addEventListener('abort', () => wake())
    try {
      while (!signal?.aborted) {
        while (queue.length) yield queue.shift() as Change
        await new Promise<void>((resolve) => { wake = resolve })
      }
    } finally {
      listeners.delete(listen)
    }
  }

  type Options = { signal?: AbortSignal } | undefined
  const procedures: Record<string, (input: never, options: Options) => unknown> = {
    'studio.getStatus': () => ({ version: '0.1.0', host: 'browser', projectName: 'Sample project', device, memoryBytes: 412_000_000, startedAtMs: 0 }),
    'studio.watch': (_input, options) => watch(options?.signal),
    'studio.listWindows': () => [{ isOwn: true, name: 'Window 1', pairId: null }],
    'studio.lookAt': () => [{ isOwn: true, name: 'Window 1', pairId: null }],
    'settings.get': () => studio.settings,
    'settings.set': (change: Partial<Settings>) => (studio.settings = { ...studio.settings, ...change }),
    'project.get': project,
    'project.listRecent': () => [{ projectToken: 'sample', name: 'Sample project', lastOpenedAtMs: Date.now(), isCurrent: true }],
    'project.open': project,
    'project.create': project,
    'project.rename': project,
    'project.setCurrentModel': project,
    'picker.listFolder': ({ token }: { token: string | null }) => ({
      token: token ?? 'home', name: token ?? 'Home', parentToken: token === null || token === 'home' ? null : 'home',
      entries: [
        { token: 'pictures', name: 'pictures', kind: 'folder' }, { token: 'shop', name: 'shop-photos', kind: 'folder' },
        { token: 'demo', name: 'demo-project', kind: 'project' }, { token: 'captions', name: 'captions.csv', kind: 'table' },
      ],
    }),
    'import.inspect': () => ({
      sourceName: 'captions.csv', kind: 'csv', forms: [{ kind: 'csv', label: 'CSV table' }], usesMapping: true, task: null, columns: ['file', 'caption', 'source'], rowCount: 240,
      sampleProblems: [], resumesAfterRow: null,
      sampleRows: [1, 2, 3].map((row) => ({ file: `img/${row}.png`, caption: `a red circle above ${row} squares`, source: 'studio' })),
      suggestedMapping: { leftImage: null, leftText: 'caption', rightImage: 'file', rightText: null },
    }),
    'import.previewPairs': () => [1, 2].map((row) => ({
      location: `captions.csv, row ${row + 1}`, left: { drawingId: null, text: `a red circle above ${row} squares` }, right: { drawingId: 'a'.repeat(64), text: null },
      task: 'caption', split: 'train', status: 'unreviewed', tags: row === 1 ? ['shapes'] : [], group: null, problem: row === 2 ? 'There is no file “img/2.png”.' : null, isUsable: row === 1,
    })),
    'import.start': () => startJob('import', 'Import captions.csv'),
    'import.list': () => [{ id: 1, sourceName: 'captions.csv', startedAtMs: Date.now() - 120_000, finishedAtMs: Date.now() - 60_000, addedPairCount: 238, knownPairCount: 0, problemCount: 2 }],
    'import.listProblems': () => ({ total: 2, problems: [
      { id: 1, importId: 1, location: 'row 17', code: 'unreadable-image', reason: 'img/17.png is not a picture: it has 0 bytes.' },
      { id: 2, importId: 1, location: 'row 92', code: 'not-found', reason: 'img/92.png does not exist.' },
    ] }),
    'import.listHubSources': () => [],
    'pairs.list': ({ filter = noFilter, sort = 'oldest', offset = 0, limit = 100 }: { filter?: PairFilter; sort?: string; offset?: number; limit?: number }) => {
      const found = listPairs(filter, sort)
      return { pairs: found.slice(offset, offset + limit), total: found.length }
    },
    'pairs.get': ({ id }: { id: number }) => find(id),
    'pairs.getMany': ({ ids }: { ids: number[] }) => studio.pairs.filter((pair) => ids.includes(pair.id)),
    'pairs.countFacets': ({ filter = noFilter }: { filter?: PairFilter }) => {
      const found = listPairs(filter, 'oldest')
      const tags = [...new Set(found.flatMap((pair) => pair.tags))].map((tag) => ({ tag, count: found.filter((pair) => pair.tags.includes(tag)).length }))
      return { total: found.length, status: count(statuses, found, (pair) => pair.status), split: count(splits, found, (pair) => pair.split), task: count(tasks, found, (pair) => pair.task), tags }
    },
    'pairs.countScope': ({ scope }: { scope: PairScope }) => ({ count: idsOf(scope).length, changeCount: idsOf(scope).length }),
    'pairs.setStatus': ({ scope, status }: { scope: PairScope; status: Status }) => edit(idsOf(scope), `${status} ${idsOf(scope).length}`, () => ({ status })),
    'pairs.setSplit': ({ scope, split }: { scope: PairScope; split: Pair['split'] }) => edit(idsOf(scope), `move ${idsOf(scope).length} to ${split}`, () => ({ split })),
    'pairs.addTag': ({ scope, tag }: { scope: PairScope; tag: string }) => edit(idsOf(scope), `tag ${idsOf(scope).length}`, (pair) => ({ tags: [...new Set([...pair.tags, tag])] })),
    'pairs.removeTag': ({ scope, tag }: { scope: PairScope; tag: string }) => edit(idsOf(scope), `untag ${idsOf(scope).length}`, (pair) => ({ tags: pair.tags.filter((other) => other !== tag) })),
    'pairs.editText': ({ id, side, text, revision }: { id: number; side: 'left' | 'right'; text: string; revision: number }) => {
      if (find(id).revision !== revision) throw new AppError('conflict', 'The pair was changed meanwhile.', 'Look at it again, then repeat the edit.')
      return edit([id], 'edit text', (pair) => ({ [side]: { ...pair[side], text: text || null } }))
    },
    'pairs.change': ({ scope, change }: { scope: { ids: number[] }; change: { kind: string; isFlagged?: boolean } }) => ({ ...edit(scope.ids, change.kind, () => ({ isFlagged: change.isFlagged === true })), jobId: null }),
    'attention.get': () => ({
      measuredAtMs: null, modelId: null, otherModelId: null, clusterCount: 0, unmeasuredCount: studio.pairs.length, isOutdated: false,
      acceptedCount: studio.pairs.filter((pair) => pair.status === 'accepted').length, rejectedCount: studio.pairs.filter((pair) => pair.status === 'rejected').length, learned: null, jobId: null,
    }),
    'attention.list': ({ ids }: { ids: number[] }) => ids.map((pairId) => ({ pairId, disagreement: null, otherScore: null, acceptProbability: null, cluster: 1, clusterSize: 4, rarity: 0.5 })),
    'attention.refresh': () => startJob('attend', 'Find what deserves attention'),
    'attention.getProgress': () => ({ decidedToday: 0, remainingCount: 0, flaggedCount: 0, pairsPerMinute: null, remainingMs: null, stepMs: 900_000, steps: [] }),
    'history.list': () => ({ entries: [...done.map((entry, index) => ({ id: index + 1, label: entry.label, isUndone: false })), ...undone.map((entry, index) => ({ id: done.length + undone.length - index, label: entry.label, isUndone: true }))]
      .sort((a, b) => b.id - a.id).map((entry) => ({ ...entry, atMs: 0, changeCount: 1, isMine: true })), hasMore: false }),
    'history.listForPair': () => [],
    'history.goTo': ({ entryId }: { entryId: number }) => {
      while (done.length > entryId) step(done, undone, 'undo')
      while (done.length < entryId) step(undone, done, 'redo')
      return { pairs: [], changedCount: 0, history: history() }
    },
    'pairs.preview': ({ scope }: { scope: { ids?: number[] } }) => ({ count: scope.ids?.length ?? studio.pairs.length, changeCount: scope.ids?.length ?? studio.pairs.length, refusedCount: 0, examples: [] }),
    'history.get': history,
    'history.undo': () => step(done, undone, 'undo'),
    'history.redo': () => step(undone, done, 'redo'),
    'tokens.start': () => startJob('tokenize', 'Tokenize pictures'),
    'negatives.mine': () => startJob('mine', 'Mine hard negatives'),
    'negatives.getSummary': () => ({
      minedAtMs: studio.minedAtMs, modelId: studio.minedAtMs === null ? null : 'bundled:nano', candidateCount: studio.candidates.length, groupCount: 8,
      judgedCount: studio.candidates.filter((candidate) => candidate.verdict).length, droppedByGuardCount: 31, droppedByIdentityCount: 12, isStale: studio.isStale,
    }),
    'negatives.listCandidates': ({ judged = 'open', offset = 0, limit = 50 }: { judged?: string; offset?: number; limit?: number }) => {
      const found = studio.candidates.filter((candidate) => judged === 'all' || (judged === 'open') === (candidate.verdict === null))
      return { candidates: found.slice(offset, offset + limit), total: found.length }
    },
    'negatives.judge': ({ pairId, otherPairId, verdict }: { pairId: number; otherPairId: number; verdict: Candidate['verdict'] }) => {
      const before = studio.candidates
      const after = before.map((candidate) => (candidate.pair.id === pairId && candidate.other.id === otherPairId ? { ...candidate, verdict } : candidate))
      const show = (candidates: Candidate[]) => () => { studio.candidates = candidates; emit({ topic: 'negatives' }) }
      show(after)()
      done.push({ label: `judge ${verdict ?? 'open'}`, undo: show(before), redo: show(after) })
      undone.length = 0
      return { history: history() }
    },
    'runs.listPresets': () => [{ id: 'quick', name: 'Quick', description: 'A short run.', recipe: defaultRecipe }],
    'runs.plan': () => ({ trainPairCount: 200, validationPairCount: 24, stepsPerEpoch: 4, totalSteps: 48, negativesPerAnchor: 61.5, measured: null, obstacle: null }),
    'runs.start': () => ({ runId: 1, ...startJob('train', 'Train') }),
    'runs.list': () => [],
    'runs.get': ({ runId }: { runId: number }) => run(runId),
    'runs.listMetrics': () => ({ metrics: [], validations: [] }),
    'search.query': ({ modelIds }: { modelIds: string[] }) => ({
      columns: modelIds.map((modelId) => ({ modelId, hits: studio.pairs.slice(0, 12).map((pair, rank) => ({ pair, side: 'right', score: 0.9 - rank * 0.04 })), candidateCount: studio.pairs.length, elapsedMs: 12 })),
    }),
    'search.saveHit': ({ hitPairId }: { hitPairId: number }) => ({ pair: find(hitPairId) }),
    'inspector.inspectPicture': makeInspectedPicture,
    'inspector.drawCodes': ({ codes, comparedWith }: { codes: number[]; comparedWith: number[] | null }) => ({ drawingId: drawingIdOf(codes.join(' ')), comparison: comparedWith ? makeComparison(codes.join(' ')) : null }),
    'inspector.listTokens': makeTokenRow,
    'inspector.predict': makeMaskPrediction,
    'inspector.countUse': () => startJob('inspect', 'Count codebook use'),
    'inspector.getUse': () => null,
    'evaluation.start': () => startJob('evaluate', 'Evaluate'),
    'evaluation.list': () => [],
    'models.list': () => [makeModel()],
    'models.getLineage': () => ({ runs: [], blends: [] }),
    'models.getDetails': ({ modelId }: { modelId: string }) => ({ modelId, notes: '', folderBytes: 0, cachedVectorCount: 0, cacheBytes: 0, obstacle: null }),
    'devices.list': () => [
      { ...device, memoryBytes: 8 * 2 ** 30, samplesPerSecond: 41.5, isFastest: true },
      { id: 'webgpu:0', name: 'WebGPU · SwiftShader', kind: 'webgpu', isUsable: false, reason: 'No graphics driver answers.', memoryBytes: null, samplesPerSecond: null, isFastest: false },
      { id: 'cuda:0', name: 'CUDA', kind: 'cuda', isUsable: false, reason: '@tensorflow/tfjs-node-gpu is not installed.', memoryBytes: null, samplesPerSecond: null, isFastest: false },
    ],
    'jobs.list': () => studio.jobs,
    'jobs.get': ({ jobId }: { jobId: number }) => findJob(jobId),
    'jobs.listLog': () => [{ atMs: 0, line: 'embedding 240 pairs' }, { atMs: 900, line: 'comparing in blocks of 256' }],
    'jobs.cancel': ({ jobId }: { jobId: number }) => {
      const job: Job = { ...findJob(jobId), state: 'cancelled', endedAtMs: Date.now() }
      studio.jobs = studio.jobs.map((other) => (other.id === jobId ? job : other))
      emit({ topic: 'job', job })
      return job
    },
  }

  const call = async (name: string, input: unknown, options: Options): Promise<unknown> => {
    calls.push({ name, input })
    const failure = failures.get(name)
    failures.delete(name)
    if (failure) throw failure
    const procedure = procedures[name]
    if (!procedure) throw new AppError('not-found', `The fake api has no ${name}.`)
    return procedure((input ?? {}) as never, options)
  }
  const group = (groupName: string): object =>
    new Proxy({}, { get: (_target, verb) => (input: unknown, options: Options) => call(`${groupName}.${String(verb)}`, structuredClone(input), options) })
  const api = new Proxy({}, { get: (_target, groupName) => group(String(groupName)) }) as Api

  return { api, studio, calls, emit, failNext: (name, error) => failures.set(name, error), answer: (name, procedure) => { procedures[name] = procedure } }
}
