// `fuselip sample`: a project of procedural scenes to try everything on, and what is in it.
import { resolve } from 'node:path'
import { dataFolder } from '../../dataFolder'
import { createSampleProject, ensureSampleProject } from '../../engine/services/sampleProject'
import { formatTable, startProgress } from '../terminal'
import { type CommandContext, report, withEngine } from './context'

/** Draws the sample in `folder`; without a folder, the studio's own sample is used and drawn only where it is missing. */
export async function sample(context: CommandContext, folder?: string): Promise<void> {
  const progress = startProgress(context.terminal, 'Sample project')
  const options = { signal: context.interrupt, onProgress: (done: number, total: number) => progress.update('drawing pictures', done, total) }
  let projectDir: string
  try {
    if (folder === undefined) {
      projectDir = await ensureSampleProject(dataFolder(process.env), options)
    } else {
      projectDir = resolve(folder)
      await createSampleProject(projectDir, options)
    }
  } finally {
    progress.end()
  }
  await withEngine(context, async ({ client }) => {
    const project = await client.project.get({})
    const { train = 0, validation = 0, test = 0 } = project.countBySplit
    report(context.terminal, { projectDir, project }, () =>
      `${projectDir}\n${formatTable(['Project', 'Pairs', 'Pictures', 'Train', 'Validation', 'Test'], [[project.name, ...[project.pairCount, project.imageCount, train, validation, test].map(String)]])}`)
  }, { projectDir })
}
