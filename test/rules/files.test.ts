// How files are written: short, named for their subject, without work left for later.
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesBelow, read } from './support'

const code = filesBelow('src').filter((path) => /\.(ts|vue|css)$/.test(path))
const tests = filesBelow('test').filter((path) => path.endsWith('.ts'))
const scripts = filesBelow('scripts').filter((path) => path.endsWith('.mjs'))

describe('source files', () => {
  it('are there to be checked', () => {
    expect(code.length).toBeGreaterThan(50)
  })

  it('have at most 400 lines', () => {
    const long = [...code, ...scripts].map((path) => ({ path, lines: read(path).split('\n').length })).filter(({ lines }) => lines > 401)
    expect(long).toEqual([])
  })

  it('are named for their subject', () => {
    const vague = [...code, ...scripts].filter((path) => /^(utils?|helpers?|misc|common|index2|stuff)\./i.test(basename(path)))
    expect(vague).toEqual([])
  })

  it('follow the naming of files', () => {
    const odd = code.filter((path) => {
      const name = basename(path)
      if (name.endsWith('.vue')) return !/^[A-Z][A-Za-z0-9]*\.vue$/.test(name)
      if (path.includes('/migrations/')) return !/^(\d{4}-[a-z0-9-]+|[a-z][A-Za-z0-9]*)\.ts$/.test(name)
      return !/^[a-z][A-Za-z0-9]*(\.d)?\.(ts|css)$/.test(name)
    })
    expect(odd).toEqual([])
  })

  it('leave nothing for later and hide no error from the compiler', () => {
    const marks = ['TO' + 'DO', 'FIX' + 'ME', '@ts-' + 'ignore', '@ts-' + 'nocheck', 'as ' + 'any']
    const left = [...code, ...tests, ...scripts].flatMap((path) => marks.filter((mark) => new RegExp(`\\b${mark.replace('@', '')}\\b`).test(read(path))).map((mark) => `${path}: ${mark}`))
    expect(left).toEqual([])
  })

  it('import electron by name nowhere but in its host', () => {
    const importing = [...code, ...scripts].filter((path) => /(from|require\(|import\() ?['"]electron['"]/.test(read(path)))
    expect(importing.filter((path) => !/^src\/(main\/(index\.ts|app\/)|preload\/)/.test(path))).toEqual([])
  })

  it('make no request to another computer from the page', () => {
    const calling = code.filter((path) => path.startsWith('src/renderer/') && /(fetch|WebSocket|EventSource)\(\s*['"`](https?|wss?):/.test(read(path)))
    expect(calling).toEqual([])
  })
})

describe('tests', () => {
  it('are all run', () => {
    // Only the Electron test may be skipped, and it says so loudly.
    const skipping = tests.filter((path) => /\b(describe|it|test|suite)\.(skip|only|todo)\b|\bskipIf\b/.test(read(path)) && !path.endsWith('e2e/electron.test.ts') && !path.endsWith('rules/files.test.ts'))
    expect(skipping).toEqual([])
  })
})
