// Captions, near misses, questions and edits, checked by reading their words back.
import { describe, expect, it } from 'vitest'
import { captionScene, nearMissCaption } from '../../src/main/engine/toybox/captions.ts'
import type { QuestionKind } from '../../src/main/engine/toybox/domain.ts'
import { domains } from '../../src/main/engine/toybox/domain.ts'
import { drawScene } from '../../src/main/engine/toybox/draw.ts'
import type { SceneEdit } from '../../src/main/engine/toybox/edits.ts'
import { editKinds, editScene, twinScene } from '../../src/main/engine/toybox/edits.ts'
import { askAbout, pickQuestions } from '../../src/main/engine/toybox/questions.ts'
import { Random } from '../../src/main/engine/toybox/random.ts'
import type { Scene, Shape } from '../../src/main/engine/toybox/scene.ts'
import { generateScene } from '../../src/main/engine/toybox/scene.ts'
import { isTrueOf, placeWords, readMentions, shapesMeant } from '../helpers/toyboxReader.ts'

const domainNames = ['plain', 'shifted'] as const

function scenesOf(domain: 'plain' | 'shifted', count: number): { scene: Scene; random: Random }[] {
  return Array.from({ length: count }, (_, seed) => {
    const random = new Random(`${domain} ${seed}`)
    return { scene: generateScene(random, { domain }), random }
  })
}

/** “what colour is the {shape}?” → the words in the braces, by name; null where the text has another form. */
function readTemplate(template: string, text: string): Record<string, string> | null {
  const source = template.replace(/[?.]/g, '\\$&').replace(/\{(\w+)\}/g, '(?<$1>.+)')
  return new RegExp(`^${source}$`).exec(text)?.groups ?? (template === text ? {} : null)
}

describe.each(domainNames)('captions (%s)', (domain) => {
  it('are true, name every shape with its colour, and come in several phrasings', () => {
    const frames = new Set<string>()
    for (const { scene, random } of scenesOf(domain, 600)) {
      const { text, frame } = captionScene(scene, random)
      expect(isTrueOf(text, scene), text).toBe(true)
      expect(readMentions(text, domains[domain].vocabulary)).toHaveLength(scene.shapes.length)
      expect(text).not.toMatch(/[{}]| {2}|\ba [aeiou]|\ban [^aeiou]/)
      frames.add(frame)
    }
    expect(frames.size).toBe(new Set(domains[domain].vocabulary.captionFrames).size)
  })

  it('tell most scenes of a few hundred apart', () => {
    const scenes = scenesOf(domain, 300)
    const shared = scenes.filter(({ scene, random }) => {
      const { text } = captionScene(scene, random)
      return scenes.some((other) => other.scene !== scene && isTrueOf(text, other.scene))
    })
    expect(shared.length / scenes.length).toBeLessThan(0.2)
  })

  it('become false in a near miss, by one word or one exchange', () => {
    for (const { scene, random } of scenesOf(domain, 600)) {
      const caption = captionScene(scene, random)
      const { text } = nearMissCaption(scene, random, caption)
      expect(isTrueOf(text, scene), `${text} / ${caption.text}`).toBe(false)
      const mentions = readMentions(text, domains[domain].vocabulary)
      const originals = readMentions(caption.text, domains[domain].vocabulary)
      expect(mentions).toHaveLength(originals.length)
      const changed = mentions.filter((mention, index) =>
        (['colour', 'kind', 'size', 'place'] as const).some((key) => mention[key] !== originals[index]![key]))
      expect(changed.length).toBeLessThanOrEqual(2)
    }
  })
})

describe.each(domainNames)('questions (%s)', (domain) => {
  const { vocabulary, look } = domains[domain]

  /** Answers by looking at the scene; throws where the question has no single answer. */
  function answerTo(kind: QuestionKind, text: string, scene: Scene): string {
    const values = readTemplate(vocabulary.questions[kind], text)
    if (values === null) throw new Error(`“${text}” is no ${kind} question`)
    const only = (shapes: Shape[]): Shape => {
      if (shapes.length !== 1) throw new Error(`“${text}” could mean ${shapes.length} shapes`)
      return shapes[0]!
    }
    const meant = (): Shape => only(shapesMeant(values['shape']!, scene))
    switch (kind) {
      case 'count': return vocabulary.counts[scene.shapes.length]!
      case 'ground': return look.grounds[scene.ground]!.word
      case 'colourOf': return vocabulary.colours[meant().colour]
      case 'sizeOf': return vocabulary.sizes[meant().size]
      case 'whereIs': return placeWords(meant(), vocabulary)
      case 'kindOf': {
        const coloured = scene.shapes.filter(({ colour }) => vocabulary.colours[colour] === values['colour'])
        return vocabulary.kinds[only(coloured).kind]
      }
      case 'isThere': return isTrueOf(values['mention']!, scene) ? vocabulary.yes : vocabulary.no
      case 'related': {
        const anchor = meant()
        const { leftOf, rightOf, above } = vocabulary.relations
        const other = only(scene.shapes.filter((shape) => {
          if (values['relation'] === leftOf) return anchor.x - shape.x > 0.12
          if (values['relation'] === rightOf) return shape.x - anchor.x > 0.12
          return values['relation'] === above ? anchor.y - shape.y > 0.12 : shape.y - anchor.y > 0.12
        }))
        return `${vocabulary.colours[other.colour]} ${vocabulary.kinds[other.kind]}`
      }
    }
  }

  it('have the right answer and only one', () => {
    const kinds = new Set<string>()
    for (const { scene, random } of scenesOf(domain, 300)) {
      for (const { kind, text, answer } of askAbout(scene, random)) {
        kinds.add(kind === 'isThere' ? `${kind} ${answer}` : kind)
        expect(answer.replace(/^an? (?=.* )/, ''), text).toBe(answerTo(kind, text, scene).replace(/^an? (?=.* )/, ''))
      }
    }
    expect(kinds.size).toBe(9)
  })

  it('of one group have different answers', () => {
    for (const { scene, random } of scenesOf(domain, 100)) {
      const answers = pickQuestions(scene, random, 4).map(({ answer }) => answer)
      expect(new Set(answers).size).toBe(answers.length)
      expect(answers.length).toBeGreaterThanOrEqual(3)
    }
  })
})

describe.each(domainNames)('edits (%s)', (domain) => {
  const { vocabulary } = domains[domain]

  /** Does what the words say and nothing else, as far as they say it. */
  function obeys(text: string, kind: SceneEdit['kind'], before: Scene, after: Scene): boolean {
    const values = readTemplate(vocabulary.edits[kind], text)
    if (values === null) return false
    const added = after.shapes.filter((shape) => !before.shapes.includes(shape))
    const gone = before.shapes.filter((shape) => !after.shapes.includes(shape))
    const [to] = added
    const [from] = gone
    const isMeant = (reference: string, shape: Shape | undefined): boolean => {
      const meant = shapesMeant(reference, before)
      return meant.length === 1 && meant[0] === shape
    }
    if (kind === 'add') {
      return gone.length === 0 && added.length === 1 && isTrueOf(values['mention']!, { ...after, shapes: added })
    }
    if (kind === 'remove') return added.length === 0 && gone.length === 1 && isMeant(values['shape']!, from)
    if (kind === 'swap') {
      const meant = [values['shape']!, values['other']!].map((reference) => shapesMeant(reference, before))
      return gone.length === 2 && meant.every((shapes) => shapes.length === 1 && gone.includes(shapes[0]!))
        && gone.every((shape) => added.some((other) => other.kind === shape.kind && other.x !== shape.x))
    }
    if (gone.length !== 1 || to === undefined || !isMeant(values['shape']!, from)) return false
    switch (kind) {
      case 'recolour': return vocabulary.colours[to.colour] === values['colour'] && to.kind === from!.kind
      case 'resize': return vocabulary.sizes[to.size] === values['size'] && to.x === from!.x
      case 'reshape': return values['kind']!.endsWith(` ${vocabulary.kinds[to.kind]}`) && to.colour === from!.colour
      case 'move': return placeWords(to, { ...vocabulary, places: vocabulary.placeNames }) === values['place']
    }
  }

  it.each(editKinds)('%s does what it says, and its inverse leads back', (kind) => {
    let found = 0
    for (const { scene, random } of scenesOf(domain, 150)) {
      const edit = editScene(scene, random, [kind])
      if (edit.kind !== kind) continue
      found++
      expect(obeys(edit.text, kind, edit.before, edit.after), edit.text).toBe(true)
      const inverseKind = kind === 'add' ? 'remove' : kind === 'remove' ? 'add' : kind
      expect(obeys(edit.inverseText, inverseKind, edit.after, edit.before), edit.inverseText).toBe(true)
      expect(drawScene(edit.after, 32)).not.toEqual(drawScene(edit.before, 32))
    }
    expect(found).toBeGreaterThan(30)
  })

  it('never leaves two shapes of one colour and kind, nor none', () => {
    for (const { scene, random } of scenesOf(domain, 300)) {
      const { after } = editScene(scene, random)
      const names = after.shapes.map(({ colour, kind }) => `${colour} ${kind}`)
      expect(new Set(names).size).toBe(names.length)
      expect(names.length).toBeGreaterThan(0)
      expect(names.length).toBeLessThanOrEqual(4)
    }
  })

  it('twins keep the number of shapes and the ground', () => {
    for (const { scene, random } of scenesOf(domain, 100)) {
      const twin = twinScene(scene, random)
      expect(twin.shapes).toHaveLength(scene.shapes.length)
      expect(twin.ground).toBe(scene.ground)
      expect(twin.shapes).not.toEqual(scene.shapes)
    }
  })
})
