// Every judged candidate, so that what an undo or a redo changed can be told, however long ago it was judged.
import type { Candidate } from '@shared/contract/negatives'
import { useApi } from '@renderer/api/api'

/** The most that one call gives. */
const windowSize = 200

export function useJudgements() {
  const api = useApi()
  let known: ReadonlyMap<number, Candidate> = new Map()

  async function readAll(): Promise<Map<number, Candidate>> {
    const found = new Map<number, Candidate>()
    for (let offset = 0, total = Infinity; offset < total; offset += windowSize) {
      const answer = await api.negatives.listCandidates({ judged: 'judged', offset, limit: windowSize })
      total = answer.total
      for (const candidate of answer.candidates) found.set(candidate.id, candidate)
    }
    return found
  }

  /** Reads the judgements again and gives the candidates whose verdict is another one than before. */
  async function readChanged(): Promise<Candidate[]> {
    const before = known
    const after = await readAll()
    known = after
    const taken = [...before.values()].filter((candidate) => !after.has(candidate.id)).map((candidate) => ({ ...candidate, verdict: null }))
    const given = [...after.values()].filter((candidate) => before.get(candidate.id)?.verdict !== candidate.verdict)
    return [...taken, ...given]
  }

  function note(candidate: Candidate): void {
    known = new Map(known).set(candidate.id, candidate)
  }

  return { readChanged, note }
}
