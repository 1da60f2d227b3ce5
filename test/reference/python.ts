// Runs reference.py in the virtual environment of the bench (test/bench/peerFolder.ts) and reads its one line of JSON.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { peerPython } from '../bench/peerFolder'

const script = fileURLToPath(new URL('reference.py', import.meta.url))
/** What PyTorch leaves out and the script needs. */
const extraPackages = ['numpy==2.4.6', 'safetensors==0.8.0']

/** @throws when PyTorch cannot be had: a check that was asked for must not pass by being left out */
export function preparePython(): string {
  const python = peerPython()
  if (python === null) throw new Error('The reference needs PyTorch, which could not be installed; its message stands above.')
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...extraPackages], { stdio: ['ignore', 2, 2] })
  return python
}

/** The numbers that the command answers with, by name. */
export function runReference(python: string, ...command: string[]): Record<string, number> {
  return JSON.parse(execFileSync(python, [script, ...command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })) as Record<string, number>
}
