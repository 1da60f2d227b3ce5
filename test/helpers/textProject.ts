// A project of pairs of texts: no picture has to be tokenized before a training on it begins.
import { createStore } from '../../src/main/engine/store/openStore'
import { pairRow } from './pairRows'

export interface TextProject {
  pairCount: number
  /** Left and right text of a pair. */
  texts(index: number): [string, string]
  isAccepted?(index: number): boolean
}

export function writeTextProject(projectDir: string, { pairCount, texts, isAccepted = () => true }: TextProject): void {
  const store = createStore(projectDir, { name: 'Texts', isSample: false })
  store.transaction(() => {
    const revision = store.project.nextRevision()
    for (let index = 0; index < pairCount; index += 1) {
      const [leftText, rightText] = texts(index)
      const status = isAccepted(index) ? 'accepted' : 'unreviewed'
      store.pairs.insert(store.pairs.nextId(), pairRow({ leftImageId: null, leftText, rightImageId: null, rightText, task: 'caption', split: 'train', status }), revision)
    }
  })
  store.close()
}

/** Texts of some thirty ids, each pair its own. */
export function numberedTexts(index: number): [string, string] {
  const text = `number ${index} ${'of many small red circles '.repeat(4)}`
  return [`left ${text}`, `right ${text}`]
}
