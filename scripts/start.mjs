// `npm start`: the studio in an Electron window, or in a browser where no window can be had.
//   npm start -- [--serve] [--port N] [--host ADDRESS] [--allow-remote] [--project DIR] [--no-open]
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureBuilt, root } from './build.mjs'
import { prepareElectron } from './electronBinary.mjs'

const usage = 'npm start -- [--serve] [--port N] [--host ADDRESS] [--allow-remote] [--project DIR] [--no-open]'

function readOptions() {
  try {
    return parseArgs({
      options: {
        'serve': { type: 'boolean', default: false },
        'port': { type: 'string' },
        'host': { type: 'string' },
        'allow-remote': { type: 'boolean', default: false },
        'project': { type: 'string' },
        'no-open': { type: 'boolean', default: false },
        'help': { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    process.stderr.write(`${error.message}\n${usage}\n`)
    process.exit(2)
  }
}

/** Runs a child with this terminal; Ctrl+C reaches it, so this process only waits and passes its exit code on. */
function hand(command, parameters, environment = process.env) {
  const child = spawn(command, parameters, { cwd: process.cwd(), stdio: 'inherit', env: environment })
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('error', (error) => {
    process.stderr.write(`${command} could not be started: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(signal ? 130 : (code ?? 1)))
}

const options = readOptions()
if (options.help) {
  process.stdout.write(`${usage}\n`)
  process.exit(0)
}
const project = options.project ? ['--project', options.project] : []
ensureBuilt()

// Naming a port or an address means the browser host.
const wantsBrowser = options.serve || options.port !== undefined || options.host !== undefined
const electron = wantsBrowser ? { reason: null } : prepareElectron(root)
if (electron.binary) {
  const { ELECTRON_RUN_AS_NODE: _removed, ...environment } = process.env
  hand(electron.binary, [root, ...project], environment)
} else {
  if (electron.reason) process.stderr.write(`No Electron window, because ${electron.reason}; serving to the browser instead.\n`)
  hand(process.execPath, [
    join(root, 'out', 'main', 'cli.js'), 'serve', ...project,
    ...(options.port === undefined ? [] : ['--port', options.port]),
    ...(options.host === undefined ? [] : ['--host', options.host]),
    ...(options['allow-remote'] ? ['--allow-remote'] : []),
    ...(options['no-open'] || electron.reason?.includes('no display') ? ['--no-open'] : []),
  ])
}
