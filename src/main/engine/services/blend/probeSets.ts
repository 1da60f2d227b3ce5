// Sets of pairs for the forgetting slider: the project's test split, and one that stands for what the base model knew. Which
// set is general cannot be computed, so the person chooses, and every set says in words what it is.
import { basename, dirname, join, resolve } from 'node:path'
import type { Probe, ProbeChoice } from '../../../../shared/contract/blend'
import type { Pair, Split } from '../../../../shared/contract/entities'
import { AppError } from '../../../../shared/errors'
import { filterOf } from '../../../../shared/filter/writeFilter'
import type { Compute } from '../../compute/thread/client'
import type { DeviceChoice } from '../../compute/thread/protocol'
import { openStore, type Store } from '../../store/openStore'
import { type EmbeddingsService, imageIdsOf } from '../embeddings'
import { ImagesService } from '../images'
import type { UsableModel } from '../models'
import type { Picker } from '../picker'
import type { Work } from '../tokens'
import { toProbeSet, type ProbeSet, type SidePair } from './measuredSet'
import { ToyboxProbe, toyboxProbe, type TokenizedPairs } from './toyboxProbe'

export interface ProbeSetsDependencies {
  store: Store
  compute: Compute
  embeddings: EmbeddingsService
  picker: Picker
  resourcesDir: string
  dataDir: string
  getDevice: () => DeviceChoice
}

type Facts = Pick<ProbeSet, 'name' | 'description' | 'isOfProject'>

/** More would make eleven positions slow without making recall much surer. The test split is never cut. */
const largestProbe = 1000
const offeredTagCount = 20
/** Sets kept ready while a slider is looked at. */
const keptSetCount = 6

const splitWords: Record<Split, string> = { train: 'Training split', validation: 'Validation split', test: 'Test split' }
const splitNotes: Record<Split, string> = {
  train: 'The same kind of data as the fine-tuning, and mostly the very pairs: it says nothing about forgetting.',
  validation: 'The same kind of data as the fine-tuning: it says little about forgetting.',
  test: 'The same pairs that the other curve is measured on.',
}

export class ProbeSets {
  readonly #toybox: ToyboxProbe
  /** By what decides the content; the oldest goes first. */
  readonly #kept = new Map<string, ProbeSet>()
  readonly #foreign = new Map<string, TokenizedPairs>()

  constructor(private readonly dependencies: ProbeSetsDependencies) {
    this.#toybox = new ToyboxProbe(dependencies.dataDir, dependencies)
  }

  /** The most general first; only what there is. */
  list(model: UsableModel): ProbeChoice[] {
    const { pairs } = this.dependencies.store
    const { split: counts, tags } = pairs.countFacets(filterOf())
    const choice = (probe: Probe, pairCount: number | null): ProbeChoice => {
      const { name, description } = this.#describe(probe)
      return { probe, name, description, pairCount }
    }
    return [
      ...(this.#knowsToybox(model) ? [choice({ kind: 'toybox' }, toyboxProbe.pairCount)] : []),
      ...tags.slice(0, offeredTagCount).map(({ tag, count }) => choice({ kind: 'pairs', split: null, tag }, count)),
      ...(['validation', 'train'] as const).flatMap((split) => (counts[split] ? [choice({ kind: 'pairs', split, tag: null }, counts[split])] : [])),
    ]
  }

  /** The test split; null where it is empty. Tokenizes what it needs. */
  makeTestSplit(model: UsableModel, work: Work): Promise<ProbeSet | null> {
    return this.#ofProject(testFacts, this.#pairs('test', null), model, work)
  }

  /** The test split as far as it is tokenized. */
  findTestSplit(model: UsableModel): Promise<ProbeSet | null> {
    return this.#ofProject(testFacts, this.#pairs('test', null), model, null)
  }

  /** Null where it is empty. @throws AppError 'bad-input', 'not-found', 'project-locked' */
  make(probe: Probe, model: UsableModel, work: Work): Promise<ProbeSet | null> {
    return this.#get(probe, model, work)
  }

  /** Null where it was not prepared yet. */
  find(probe: Probe, model: UsableModel): Promise<ProbeSet | null> {
    return this.#get(probe, model, null)
  }

  async #get(probe: Probe, model: UsableModel, work: Work | null): Promise<ProbeSet | null> {
    const facts = this.#describe(probe)
    if (probe.kind === 'pairs') return this.#ofProject(facts, spread(this.#pairs(probe.split, probe.tag)), model, work)
    if (probe.kind === 'toybox') {
      if (!this.#knowsToybox(model)) {
        throw new AppError('bad-input', `“${model.name}” reads pictures with “${model.tokenizerId}”; the built-in probe set is for models of the bundled tokenizer.`, 'Choose pairs of this or another project that the base model knows.')
      }
      const found = work ? await this.#toybox.make(model, work) : await this.#toybox.find(model)
      return found && this.#keep(`toybox ${model.tokenizerId}`, () => toProbeSet(facts, found.pairs, found.codes))
    }
    const found = await this.#ofOtherProject(probe, model, work)
    return found && found.pairs.length ? this.#keep(JSON.stringify([probe, model.tokenizerId]), () => toProbeSet(facts, found.pairs, found.codes)) : null
  }

  #describe(probe: Probe): Facts {
    if (probe.kind === 'toybox') {
      return {
        name: 'Plain shapes (built in)', isOfProject: false,
        description: `${toyboxProbe.pairCount} captions and edits of drawn shapes, in the looks and words that the bundled models were trained on. Drawn for this purpose from a seed of its own; no run of a project trains on them.`,
      }
    }
    if (probe.kind === 'project') {
      const path = this.dependencies.picker.pathForToken(probe.projectToken)
      return { name: `Project “${basename(path)}”`, isOfProject: false, description: `${probe.split ? `${splitWords[probe.split]} of` : 'Pairs of'} another project, at most ${largestProbe.toLocaleString('en')}. It is as general as what was imported there.` }
    }
    const { split, tag } = probe
    if (tag === null && split === null) return { name: 'All pairs of this project', description: `At most ${largestProbe.toLocaleString('en')} of them, evenly spread. ${splitNotes.train}`, isOfProject: true }
    return {
      name: tag === null ? `${splitWords[split!]} of this project` : `Tagged “${tag}”${split === null ? '' : `, ${splitWords[split].toLowerCase()}`}`,
      description: tag === null ? splitNotes[split!] : 'Pairs of this project with this tag. It shows forgetting if the base model knows such pairs and no run was trained on them.',
      isOfProject: true,
    }
  }

  /** Pairs that were not rejected, oldest first. */
  #pairs(split: Split | null, tag: string | null): Pair[] {
    return this.dependencies.store.pairs.list(filterOf({ split, tag }), 'oldest', 0, -1).filter((pair) => pair.status !== 'rejected')
  }

  /** @param work null takes the pairs whose pictures are tokenized already */
  async #ofProject(facts: Facts, all: Pair[], model: UsableModel, work: Work | null): Promise<ProbeSet | null> {
    const { store, embeddings } = this.dependencies
    const pairs = work ? await embeddings.keepReadable(model, all, work) : all
    const codes = store.tokens.getMany([...new Set(imageIdsOf(pairs.flatMap(({ left, right }) => [left, right])))], model.tokenizerId)
    const isTokenized = ({ imageId }: Pair['left']): boolean => imageId === null || codes.has(imageId)
    const ready = pairs.filter(({ left, right }) => isTokenized(left) && isTokenized(right))
    if (!ready.length) return null
    const key = JSON.stringify([facts.name, model.tokenizerId, store.project.get().revision, ready.length, all.length])
    return this.#keep(key, () => toProbeSet(facts, ready.map(({ left, right }) => ({ left, right })), codes))
  }

  async #ofOtherProject({ projectToken, split }: Extract<Probe, { kind: 'project' }>, model: UsableModel, work: Work | null): Promise<TokenizedPairs | null> {
    const path = resolve(this.dependencies.picker.pathForToken(projectToken))
    const key = `${path} ${split ?? ''} ${model.tokenizerId}`
    const known = this.#foreign.get(key)
    if (known || !work) return known ?? null
    if (path === resolve(this.dependencies.store.projectDir)) throw new AppError('bad-input', 'That is the project that is open.', 'Choose another project, or a split or tag of this one.')
    const other = openStore(path)
    try {
      const pairs = spread(other.pairs.list(filterOf({ split }), 'oldest', 0, -1).filter((pair) => pair.status !== 'rejected'))
      const codes = await this.#tokenizeForeign(other, pairs, model, work)
      const isTokenized = ({ imageId }: Pair['left']): boolean => imageId === null || codes.has(imageId)
      const found = { pairs: pairs.filter(({ left, right }) => isTokenized(left) && isTokenized(right)).map(({ left, right }): SidePair => ({ left, right })), codes }
      this.#foreign.set(key, found)
      return found
    } finally {
      other.close()
    }
  }

  /** Codes that the other project has are taken; nothing is written there. */
  async #tokenizeForeign(other: Store, pairs: readonly Pair[], model: UsableModel, work: Work): Promise<Map<number, Uint16Array>> {
    const { compute, getDevice } = this.dependencies
    const wanted = [...new Set(imageIdsOf(pairs.flatMap(({ left, right }) => [left, right])))]
    const codes = other.tokens.getMany(wanted, model.tokenizerId)
    const missing = wanted.filter((imageId) => !codes.has(imageId))
    if (!missing.length) return codes
    const images = new ImagesService(other)
    const results = await compute.call('tokenizeImages', { tokenizerDir: model.tokenizerDir, images: missing.map((imageId) => images.modelInput(imageId)), device: getDevice() }, {
      signal: work.signal, onEvent: ({ done, total }) => work.report(done, total),
    })
    results.forEach((result, index) => { if (result.codes) codes.set(missing[index]!, result.codes) })
    if (codes.size < wanted.length) work.log(`${wanted.length - codes.size} pictures of the other project cannot be read; their pairs are left out.`)
    return codes
  }

  #keep(key: string, make: () => ProbeSet): ProbeSet {
    const found = this.#kept.get(key) ?? make()
    this.#kept.delete(key)
    this.#kept.set(key, found)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= keptSetCount) break
      this.#kept.delete(oldest)
    }
    return found
  }

  #knowsToybox({ tokenizerDir }: UsableModel): boolean {
    return dirname(tokenizerDir) === join(this.dependencies.resourcesDir, 'models')
  }
}

const testFacts: Facts = { name: 'Test split of this project', description: 'Pairs that take no part in training and were not rejected.', isOfProject: true }

/** Evenly spread over the list, so that no import or task is left out. */
function spread(pairs: Pair[]): Pair[] {
  if (pairs.length <= largestProbe) return pairs
  return Array.from({ length: largestProbe }, (_, index) => pairs[Math.floor(index * pairs.length / largestProbe)]!)
}
