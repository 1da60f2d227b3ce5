// `fuselip sample`: opens the sample project, which is created where it does not exist yet, and tells what is in it.
import { formatTable } from '../terminal'
import { type CommandContext, report, withEngine } from './context'

export const sample = (context: CommandContext): Promise<void> =>
  withEngine(context, async ({ client }) => {
    const recent = await client.project.listRecent({})
    const current = await client.project.get({})
    const known = current.isSample ? current : null
    const project = known ?? current
    report(context.terminal, { project, recent }, () =>
      formatTable(['Project', 'Pairs', 'Pictures', 'Train', 'Validation', 'Test'], [[
        project.name, String(project.pairCount), String(project.imageCount),
        String(project.countBySplit.train ?? 0), String(project.countBySplit.validation ?? 0), String(project.countBySplit.test ?? 0),
      ]]))
  }, { projectDir: null })
