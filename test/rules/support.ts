// Reading the source tree for the rules.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..', '..')

/** Files below a folder, as paths from the root of the repository. */
export function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = `${folder}/${name}`
    return statSync(join(root, path)).isDirectory() ? filesBelow(path) : [path]
  })
}

export const read = (path: string): string => readFileSync(join(root, path), 'utf8')

export interface Violation { rule: string; from: string; to: string }

/** Runs dependency-cruiser in a folder that has a `src` of the same form, with the rules of this repository. */
export function checkLayers(folder: string): Violation[] {
  const program = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs')
  const parameters = [program, '--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json', 'src']
  let output: string
  try {
    output = execFileSync(process.execPath, parameters, { cwd: folder, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (thrown) {
    // Violations make the program fail; the report is on standard output all the same.
    output = (thrown as { stdout: string }).stdout
  }
  const report = JSON.parse(output) as { summary: { violations: { rule: { name: string }; from: string; to: string }[]; totalCruised: number } }
  if (report.summary.totalCruised === 0) throw new Error('dependency-cruiser found no file to check.')
  return report.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }))
}
