// The data card of a snapshot: what it is, how much of what, where it came from, how to load it. What is not known is said
// to be not known.
import type { Manifest } from './snapshotFormat'

const percent = (part: number, whole: number): string => (whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`)
const rows = (counts: Record<string, number>, whole: number): string[] => Object.entries(counts).filter(([, count]) => count > 0).map(([name, count]) => `| ${name} | ${count.toLocaleString('en')} | ${percent(count, whole)} |`)
const date = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
/** Names from outside must not become markup. */
const plain = (text: string): string => text.replace(/[\r\n]+/g, ' ').replace(/[|<>`*_[\]\\#]/g, '\\$&')

export function writeSnapshotCard({ name, createdAtMs, createdBy, projectName, scope, licence, notes, counts, sources, modelId }: Manifest, leftOut: readonly string[]): string {
  const known = sources.reduce((sum, { pairCount }) => sum + pairCount, 0)
  return `${[
    '---', `license: ${JSON.stringify(licence ?? 'unknown')}`, `pretty_name: ${JSON.stringify(name)}`, 'tags:', '- fuselip', '- image-text-pairs', '---', '',
    `# ${plain(name)}`, '',
    `A frozen version of the project “${plain(projectName)}”, made ${date(createdAtMs)} UTC by ${createdBy}: ${counts.pairs.toLocaleString('en')} image-text pairs, ${counts.pictures.toLocaleString('en')} pictures, `
    + `${counts.groups.toLocaleString('en')} groups of pairs that share batches, ${counts.judgements.toLocaleString('en')} judgements.`, '',
    ...(notes === '' ? [] : [notes, '']),
    '## What is in it', '',
    `Chosen: ${plain(scope)}.`, '',
    '| task | pairs | share |', '|---|---|---|', ...rows(counts.byTask, counts.pairs), '',
    '| split | pairs | share |', '|---|---|---|', ...rows(counts.bySplit, counts.pairs), '',
    '| status | pairs | share |', '|---|---|---|', ...rows(counts.byStatus, counts.pairs), '',
    ...(leftOut.length === 0 ? [] : [`${leftOut.length.toLocaleString('en')} pairs were left out because a picture could not be read:`, '', ...leftOut.slice(0, 50).map(line => `- ${plain(line)}`), '']),
    '## Where it came from', '',
    ...(sources.length === 0 ? ['No import is known: pairs were made by hand, or came with a sample.'] : ['| source | pairs | imported |', '|---|---|---|',
      ...sources.map(source => `| ${plain(source.name)} | ${source.pairCount.toLocaleString('en')} | ${date(source.startedAtMs)} |`),
      ...(known === counts.pairs ? [] : ['', `${(counts.pairs - known).toLocaleString('en')} pairs were made by hand, or came with a sample.`])]), '',
    `Licence: ${licence === null ? 'not stated. The terms of the sources above apply' : plain(licence)}. Mined groups, if any, were found with the model \`${modelId}\`.`, '',
    '## Files', '',
    '| file | what |', '|---|---|',
    '| `pairs.jsonl` | one pair a line: `id`, for each side `image` (a path here, or null), `recipe` (what is done to the picture, or null) and `text`, then `task`, `split`, `status`, `tags`, `groups`, `import_key` |',
    '| `groups.jsonl` | pairs that share a batch: `id`, `origin` (data or mined), `key`, `pairs` |',
    '| `judgements.jsonl` | what people said of two pairs: `negative` (hard, keep together), `match` (also right), `ignore` |',
    '| `images/` | the pictures, byte for byte, named by their SHA-256 |',
    '| `snapshot.json` | the figures of this card for programs; version 1 of the format |',
    '| `checksums.sha256` | the SHA-256 of every other file: `sha256sum -c --quiet checksums.sha256` |', '',
    '## How to load it', '',
    'In FuseLIP Studio, *Import pairs* and choose this folder, or `fuselip import FOLDER`: texts, pictures, recipes, tags, groups and judgements come back as they were.', '',
    'In Python:', '',
    '```python', 'import json', 'from PIL import Image, ImageOps', '',
    'with open("pairs.jsonl", encoding="utf-8", newline="\\n") as file:', '    pairs = [json.loads(line) for line in file]', '',
    'def picture(pair, side):', '    """The picture of a side with its crop; other steps of a recipe are in pair[side + "_recipe"]."""',
    '    if pair[side + "_image"] is None:', '        return None', '    image = ImageOps.exif_transpose(Image.open(pair[side + "_image"])).convert("RGB")',
    '    box = (pair[side + "_recipe"] or {}).get("cropBoxPx")', '    return image.crop((box["left"], box["top"], box["left"] + box["width"], box["top"] + box["height"])) if box else image', '```',
  ].join('\n')}\n`
}
