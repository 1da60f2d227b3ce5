// A folder of pictures, with the caption of each in a text file of the same name beside it. Everything in the folder is
// either used or listed as a problem; only hidden files are passed over.
import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join, relative } from 'node:path'
import { isPictureName } from '../pictureNames'
import { fileImage } from './imageSource'
import { longestText, type DraftOrProblem, type ImportDefaults } from './pairDraft'
import { decodeBytes } from './textEncoding'

export interface FolderScan {
  /** Paths of pictures, in the order of their names. */
  pictures: string[]
  /** Caption files by the path without extension, lower case. */
  captionPaths: Map<string, string>
  problems: { path: string; code: string; reason: string }[]
}

const captionExtensions = ['.txt', '.caption']
/** More cannot be a caption in any encoding, and is not read into memory. */
const largestCaptionBytes = 256 * 1024
const collator = new Intl.Collator('en', { numeric: true })

/** One spelling for letters that may be composed or not. */
const plain = (path: string): string => path.normalize('NFC').toLowerCase()
const stem = (path: string): string => plain(path.slice(0, path.length - extname(path).length))
const isCaptionName = (name: string): boolean => captionExtensions.includes(extname(name).toLowerCase())

/** `cat.txt` and `cat.jpg.txt` both belong to `cat.jpg`. */
const captionKeys = (picturePath: string): string[] => [stem(picturePath), plain(picturePath)]

export async function scanFolder(folder: string): Promise<FolderScan> {
  const scan: FolderScan = { pictures: [], captionPaths: new Map(), problems: [] }
  await scanInto(folder, scan)
  const keys = new Set(scan.pictures.flatMap(captionKeys))
  for (const [key, path] of scan.captionPaths) {
    if (!keys.has(key)) scan.problems.push({ path, code: 'lone-caption', reason: 'No picture has the name of this text file.' })
  }
  return scan
}

async function scanInto(folder: string, scan: FolderScan): Promise<void> {
  let entries: Dirent[]
  try {
    entries = await readdir(folder, { withFileTypes: true })
  } catch (thrown) {
    scan.problems.push({ path: folder, code: 'unreadable-folder', reason: `The folder cannot be read: ${(thrown as Error).message}.` })
    return
  }
  entries.sort((a, b) => collator.compare(a.name, b.name))
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    const target = entry.isSymbolicLink() ? await stat(path).catch(() => null) : entry
    if (target === null) scan.problems.push({ path, code: 'missing-picture', reason: 'The link points to nothing.' })
    // A linked folder may lead back to this one, without end.
    else if (target.isDirectory() && entry.isSymbolicLink()) scan.problems.push({ path, code: 'linked-folder', reason: 'Linked folders are not followed. Import the folder that it points to.' })
    else if (target.isDirectory()) await scanInto(path, scan)
    else if (isPictureName(entry.name)) scan.pictures.push(path)
    else if (isCaptionName(entry.name)) scan.captionPaths.set(stem(path), path)
    else scan.problems.push({ path, code: 'not-a-picture', reason: 'The file is neither a picture nor a caption. Tables are imported by choosing the table itself.' })
  }
}

/** @param folder where locations in messages start */
export async function* readFolderDrafts(folder: string, scan: FolderScan, defaults: ImportDefaults): AsyncGenerator<DraftOrProblem> {
  for (const path of scan.pictures) yield await readDraft(folder, path, scan, defaults)
  for (const { path, code, reason } of scan.problems) yield { draft: null, problem: { location: relative(folder, path) || '.', code, reason } }
}

async function readDraft(folder: string, path: string, scan: FolderScan, defaults: ImportDefaults): Promise<DraftOrProblem> {
  const location = relative(folder, path)
  const problem = (code: string, reason: string): DraftOrProblem => ({ draft: null, problem: { location, code, reason } })
  const captionPath = captionKeys(path).map(key => scan.captionPaths.get(key)).find(found => found !== undefined)
  if (captionPath === undefined) return problem('missing-caption', 'There is no text file with the same name beside the picture.')
  let caption: string
  try {
    const { size } = await stat(captionPath)
    if (size > largestCaptionBytes) return problem('long-text', `The caption “${relative(folder, captionPath)}” has ${Math.ceil(size / 1024).toLocaleString('en')} KiB; at most ${longestText} characters are taken.`)
    caption = decodeBytes(await readFile(captionPath)).text.replaceAll('\0', '').trim()
  } catch (thrown) {
    return problem('unreadable-caption', `The caption “${relative(folder, captionPath)}” cannot be read: ${(thrown as Error).message}.`)
  }
  if (caption === '') return problem('empty-caption', `The caption “${relative(folder, captionPath)}” is empty.`)
  if (caption.length > longestText) return problem('long-text', `The caption has ${caption.length} characters; at most ${longestText} are taken.`)
  return {
    draft: { location, leftImage: fileImage(path, null, folder), leftText: null, rightImage: null, rightText: caption, ...defaults, status: 'unreviewed', group: null, tags: [] },
    problem: null,
  }
}
