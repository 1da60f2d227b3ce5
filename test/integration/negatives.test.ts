// Mining, candidates and judgements through the contract, on a real project.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openColourProject, type ColourProject } from '../helpers/colourProject'

let project: ColourProject
beforeAll(async () => { project = await openColourProject() })
afterAll(() => project.dispose())

describe('negatives', () => {
  it('starts without a mining', async () => {
    expect(await project.client.negatives.getSummary({})).toEqual({
      minedAtMs: null, modelId: null, candidateCount: 0, groupCount: 0, judgedCount: 0, droppedByGuardCount: 0, droppedByIdentityCount: 0, isStale: false,
    })
  })

  it('mines the training split, keeps candidates and groups, and scores the pairs', async () => {
    const { jobId } = await project.client.negatives.mine({ perPair: 2, margin: 0.05 })
    const job = await project.waitForJob(jobId)
    expect(job).toMatchObject({ state: 'done', kind: 'mine', error: null })
    expect(job.summary).toMatch(/^\d+ candidates in \d+ groups$/)
    const summary = await project.client.negatives.getSummary({})
    expect(summary).toMatchObject({ modelId: 'bundled:nano', isStale: false, judgedCount: 0 })
    expect(summary.candidateCount).toBeGreaterThan(0)
    expect(summary.groupCount).toBeGreaterThan(0)
    const { candidates, total } = await project.client.negatives.listCandidates({})
    expect(total).toBe(summary.candidateCount)
    expect(candidates.map((candidate) => candidate.score)).toEqual([...candidates.map((candidate) => candidate.score)].sort((a, b) => b - a))
    for (const { pair, other, score, positiveScore } of candidates) {
      expect(pair.split).toBe('train')
      expect(pair.id).not.toBe(other.id)
      expect(score).toBeLessThanOrEqual(positiveScore + 0.05 + 1e-6)
      expect(pair.score).toBeCloseTo(positiveScore, 5)
    }
    const { pairs } = await project.client.pairs.list({ filter: { query: 'split:train' } })
    expect(pairs.every((pair) => pair.score !== null && pair.score > 0.5)).toBe(true)
  })

  it('takes vectors from the cache the second time', async () => {
    const before = project.compute.countOf('embedSides')
    await project.waitForJob((await project.client.negatives.mine({ perPair: 2, margin: 0.05 })).jobId)
    expect(project.compute.countOf('embedSides')).toBe(before)
  })

  it('keeps a judgement, lists by it, and undoes it', async () => {
    const [first] = (await project.client.negatives.listCandidates({})).candidates
    const { history } = await project.client.negatives.judge({ pairId: first!.pair.id, otherPairId: first!.other.id, verdict: 'match' })
    expect(history.undoLabel).toBe('judge as also a match')
    const judged = await project.client.negatives.listCandidates({ judged: 'judged' })
    expect(judged.candidates.map(({ id, verdict }) => ({ id, verdict }))).toEqual([{ id: first!.id, verdict: 'match' }])
    await project.waitForJob((await project.client.negatives.mine({ perPair: 2, margin: 0.05 })).jobId)
    expect((await project.client.negatives.listCandidates({ judged: 'all' })).candidates.some(({ pair, other }) => pair.id === first!.pair.id && other.id === first!.other.id)).toBe(false)
    await project.client.history.undo({})
    expect((await project.client.negatives.getSummary({})).judgedCount).toBe(0)
    await project.client.history.redo({})
    expect((await project.client.negatives.getSummary({})).judgedCount).toBe(1)
    await project.client.negatives.judge({ pairId: first!.pair.id, otherPairId: first!.other.id, verdict: null })
    expect((await project.client.history.get({})).undoLabel).toBe('take a judgement away')
    expect((await project.client.negatives.getSummary({})).judgedCount).toBe(0)
  })

  it('becomes stale by an edit of pairs', async () => {
    expect((await project.client.negatives.getSummary({})).isStale).toBe(false)
    const { pairs } = await project.client.pairs.list({ filter: { query: 'split:train' }, limit: 1 })
    await project.client.pairs.setStatus({ scope: { ids: [pairs[0]!.id] }, status: 'rejected' })
    expect((await project.client.negatives.getSummary({})).isStale).toBe(true)
  })

  it('refuses what makes no sense', async () => {
    const { pairs } = await project.client.pairs.list({ limit: 1 })
    await expect(project.client.negatives.judge({ pairId: pairs[0]!.id, otherPairId: pairs[0]!.id, verdict: 'negative' })).rejects.toMatchObject({ code: 'bad-input' })
    await expect(project.client.negatives.judge({ pairId: pairs[0]!.id, otherPairId: 9999, verdict: 'negative' })).rejects.toMatchObject({ code: 'not-found' })
    await expect(project.client.negatives.mine({ modelId: 'run:9:best' })).rejects.toMatchObject({ code: 'not-found', data: { advice: expect.any(String) } })
    await expect(project.client.negatives.mine({ perPair: 0 })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('perPair') })
  })
})
