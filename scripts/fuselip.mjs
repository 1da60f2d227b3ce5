#!/usr/bin/env node
// The command line from a source folder: builds when needed, then runs the command with the same arguments.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBuilt, root } from './build.mjs'

ensureBuilt()
await import(pathToFileURL(join(root, 'out', 'main', 'cli.js')).href)
