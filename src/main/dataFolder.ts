// Where the studio keeps what belongs to no project: settings, the list of recent projects, the sample. The same folder
// for every host, so that a project opened in one is known to the others.
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** FUSELIP_DATA_DIR wins; otherwise the place that the system sets aside for application data. */
export function dataFolder(environment: Record<string, string | undefined>, platform: NodeJS.Platform = process.platform, home: string = homedir()): string {
  const chosen = environment['FUSELIP_DATA_DIR']
  if (chosen) return resolve(chosen)
  if (platform === 'win32') return join(environment['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'FuseLIP Studio')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'FuseLIP Studio')
  return join(environment['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'fuselip-studio')
}
