// Questions about a scene with answers. Only such as have one right answer are asked.
import { mentionShape, mentionText, withArticle } from './captions.ts'
import type { QuestionKind } from './domain.ts'
import { domains } from './domain.ts'
import type { Random } from './random.ts'
import { fillTemplate, referenceTo } from './references.ts'
import type { Scene } from './scene.ts'
import { colourNames, hasShape, placeOf, relationHolds, relations, shapeKinds } from './scene.ts'

export interface Question {
  kind: QuestionKind
  text: string
  answer: string
}

/** Every question that this scene settles, in random order. */
export function askAbout(scene: Scene, random: Random): Question[] {
  const domain = domains[scene.domain]
  const { vocabulary, look } = domain
  const questions: Question[] = []
  const ask = (kind: QuestionKind, values: Record<string, string>, answer: string): void => {
    questions.push({ kind, text: fillTemplate(vocabulary.questions[kind], values), answer })
  }

  ask('count', {}, vocabulary.counts[scene.shapes.length]!)
  ask('ground', {}, look.grounds[scene.ground]!.word)
  for (const shape of scene.shapes) {
    const reference = { shape: referenceTo(scene, shape) }
    // A reference that needs the colour would give the answer away.
    if (reference.shape === vocabulary.kinds[shape.kind]) ask('colourOf', reference, vocabulary.colours[shape.colour])
    if (scene.shapes.filter(({ colour }) => colour === shape.colour).length === 1) {
      ask('kindOf', { colour: vocabulary.colours[shape.colour] }, vocabulary.kinds[shape.kind])
    }
    ask('sizeOf', reference, vocabulary.sizes[shape.size])
    ask('whereIs', reference, vocabulary.places[placeOf(shape)])
    ask('isThere', { mention: mentionText(mentionShape(shape, false, false), domain) }, vocabulary.yes)
    for (const relation of relations) {
      const others = scene.shapes.filter((other) => other !== shape && relationHolds(other, relation, shape))
      if (others.length !== 1) continue
      const answer = withArticle(`${vocabulary.colours[others[0]!.colour]} ${vocabulary.kinds[others[0]!.kind]}`)
      ask('related', { ...reference, relation: vocabulary.relations[relation] }, answer)
    }
  }
  for (let attempt = 0; attempt < scene.shapes.length; attempt++) {
    // Half right: a colour or a kind of the scene, so that the answer needs both looked at together.
    const shape = random.pick(scene.shapes)
    const absent = random.chance(0.5)
      ? { colour: shape.colour, kind: random.pick(shapeKinds) }
      : { colour: random.pick(colourNames), kind: shape.kind }
    if (hasShape(scene, absent)) continue
    ask('isThere', { mention: mentionText({ ...absent, size: null, place: null }, domain) }, vocabulary.no)
  }
  return random.shuffle(questions)
}

/** Up to `most` questions with different answers: those of one group must not be positives of one another. */
export function pickQuestions(scene: Scene, random: Random, most: number): Question[] {
  const picked: Question[] = []
  for (const question of askAbout(scene, random)) {
    const isNew = picked.every(({ answer, text }) => answer !== question.answer && text !== question.text)
    if (isNew && picked.length < most) picked.push(question)
  }
  return picked
}
