// What is read when the page opens, and again after the engine was away.
import { useChangesStore } from '@renderer/stores/changes'
import { useHistoryStore } from '@renderer/stores/history'
import { useJobsStore } from '@renderer/stores/jobs'
import { useModelsStore } from '@renderer/stores/models'
import { useOthersStore } from '@renderer/stores/others'
import { useNoticesStore } from '@renderer/stores/notices'
import { useProjectStore } from '@renderer/stores/project'
import { useSettingsStore } from '@renderer/stores/settings'
import { useStatusStore } from '@renderer/stores/status'

export function useStart() {
  const changes = useChangesStore()
  const settings = useSettingsStore()
  const status = useStatusStore()
  const notices = useNoticesStore()
  const loads = [settings.load, useProjectStore().load, useJobsStore().load, useHistoryStore().load, useModelsStore().load, useOthersStore().load, status.load]

  const reload = async (): Promise<void> => {
    await Promise.all(loads.map((load) => notices.attempt(load)))
  }

  const start = async (): Promise<void> => {
    settings.applyTheme()
    void changes.listen()
    status.start()
    await reload()
  }

  return { start, reload }
}
