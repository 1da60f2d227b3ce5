// Keys and palette commands that work in every view.
import { Blocks, Camera, Download, FolderOpen, History, Keyboard, ListTodo, Redo2, SunMoon, Undo2, Upload } from '@lucide/vue'
import { useRouter } from 'vue-router'
import { actionOf, type ActionId } from '@renderer/lib/actions'
import { viewEntries } from '@renderer/router/views'
import { useHistoryStore } from '@renderer/stores/history'
import { useSettingsStore } from '@renderer/stores/settings'
import { useShellStore } from '@renderer/stores/shell'
import { useCommands } from './useCommands'
import { useKeys } from './useKeys'
import { useTokenize } from './useTokenize'

export function useShellActions(): void {
  const router = useRouter()
  const shell = useShellStore()
  const history = useHistoryStore()
  const settings = useSettingsStore()
  const tokenize = useTokenize()

  const go = (name: string) => () => void router.push({ name })
  const keyOf = (id: ActionId) => actionOf(id).keys[0]

  useKeys({
    'palette.open': () => { shell.isPaletteOpen = !shell.isPaletteOpen },
    'keys.show': () => { shell.isKeySheetOpen = true },
    'history.undo': () => void history.undo(),
    'history.redo': () => void history.redo(),
    'history.show': () => { shell.isHistoryOpen = true },
    'jobs.toggle': () => { shell.isJobTrayOpen = !shell.isJobTrayOpen },
    'import.open': () => { shell.isImportOpen = true },
    'export.open': () => { shell.isExportOpen = true },
    'snapshots.open': () => { shell.isSnapshotsOpen = true },
    'go.library': go('library'),
    'go.make': go('make'),
    'go.quality': go('quality'),
    'go.review': go('review'),
    'go.negatives': go('negatives'),
    'go.train': go('train'),
    'go.search': go('search'),
    'go.inspector': go('inspector'),
    'go.models': go('models'),
    'go.settings': go('settings'),
  })

  useCommands([
    ...viewEntries.map((entry) => ({
      id: `go.${entry.name}`, label: `Go to ${entry.label}`, group: 'Views', icon: entry.icon, keys: keyOf(`go.${entry.name}`), run: go(entry.name),
    })),
    { id: 'import.open', label: 'Import pairs', group: 'Actions', icon: Upload, keys: keyOf('import.open'), run: () => { shell.isImportOpen = true } },
    { id: 'export.open', label: 'Export pairs', group: 'Actions', icon: Download, keys: keyOf('export.open'), run: () => { shell.isExportOpen = true } },
    { id: 'snapshots.open', label: 'Snapshots', group: 'Actions', icon: Camera, keys: keyOf('snapshots.open'), run: () => { shell.isSnapshotsOpen = true } },
    { id: 'tokens.start', label: 'Tokenize pictures', group: 'Actions', icon: Blocks, run: tokenize },
    { id: 'history.undo', label: 'Undo', group: 'Actions', icon: Undo2, keys: keyOf('history.undo'), run: () => history.undo() },
    { id: 'history.redo', label: 'Redo', group: 'Actions', icon: Redo2, keys: keyOf('history.redo'), run: () => history.redo() },
    { id: 'history.show', label: 'Show the history', group: 'Actions', icon: History, keys: keyOf('history.show'), run: () => { shell.isHistoryOpen = true } },
    { id: 'project.open', label: 'Open or create a project', group: 'Actions', icon: FolderOpen, run: () => { shell.isProjectDialogOpen = true } },
    { id: 'theme.switch', label: 'Switch between dark and light', group: 'Actions', icon: SunMoon, run: () => settings.set({ theme: settings.isDark ? 'light' : 'dark' }) },
    { id: 'jobs.toggle', label: 'Show or hide jobs', group: 'Actions', icon: ListTodo, keys: keyOf('jobs.toggle'), run: () => { shell.isJobTrayOpen = !shell.isJobTrayOpen } },
    { id: 'keys.show', label: 'Show the keys', group: 'Actions', icon: Keyboard, keys: keyOf('keys.show'), run: () => { shell.isKeySheetOpen = true } },
  ])
}
