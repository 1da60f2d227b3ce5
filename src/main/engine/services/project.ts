// The open project: its name, counts and current model; and the way to another one. A project has its own store and its
// own services, so opening another means that the engine builds a new set (`switchProject`).
import { join } from 'node:path'
import type { Project } from '../../../shared/contract/project'
import { AppError } from '../../../shared/errors'
import { createStore, type Store } from '../store/openStore'
import { isProjectDir } from '../store/projectFiles'
import type { ChangeBus } from './changes'
import type { Picker } from './picker'
import type { RecentProjects } from './recentProjects'

export interface ProjectDependencies {
  store: Store
  changes: ChangeBus
  picker: Picker
  recentProjects: RecentProjects
  /** Image tokenizer of a model. @throws AppError when there is no such model */
  tokenizerIdOf: (modelId: string) => Promise<string>
  /** Opens the project in place of this one, and only then closes this one. */
  switchProject: (projectDir: string) => Promise<Project>
  /** What is computed with the current model is computed anew. */
  onModelChosen: (modelId: string) => Promise<void>
}

export interface RecentEntry {
  projectToken: string
  name: string
  lastOpenedAtMs: number
  isCurrent: boolean
}

export class ProjectService {
  readonly #needs: ProjectDependencies

  constructor(dependencies: ProjectDependencies) {
    this.#needs = dependencies
  }

  async get(): Promise<Project> {
    const { store, tokenizerIdOf } = this.#needs
    const { name, isSample, createdAtMs, currentModelId } = store.project.get()
    // A current model whose run was deleted must not make the project unreadable.
    const tokenizerId = await tokenizerIdOf(currentModelId).catch(() => null)
    const tokenizedImageCount = tokenizerId === null ? 0 : store.tokens.count(tokenizerId)
    return { name, isSample, createdAtMs, currentModelId, tokenizedImageCount, ...store.project.counts() }
  }

  listRecent(): RecentEntry[] {
    const { store, picker, recentProjects } = this.#needs
    return recentProjects.list().map(({ projectDir, name, lastOpenedAtMs }) => (
      { projectToken: picker.tokenForPath(projectDir), name, lastOpenedAtMs, isCurrent: projectDir === store.projectDir }))
  }

  async open(projectToken: string): Promise<Project> {
    const projectDir = this.#needs.picker.pathForToken(projectToken)
    if (projectDir === this.#needs.store.projectDir) return this.get()
    if (!isProjectDir(projectDir)) throw new AppError('not-found', `There is no project in “${projectDir}”.`, 'Choose a project folder: one with a file project.sqlite.')
    return this.#needs.switchProject(projectDir)
  }

  async create(folderToken: string, name: string): Promise<Project> {
    const projectDir = join(this.#needs.picker.pathForToken(folderToken), toFolderName(name))
    createStore(projectDir, { name: name.trim(), isSample: false }).close()
    return this.#needs.switchProject(projectDir)
  }

  async rename(name: string): Promise<Project> {
    const { store, recentProjects, changes } = this.#needs
    store.project.rename(name.trim())
    await recentProjects.remember(store.projectDir, name.trim())
    changes.publish({ topic: 'project' })
    return this.get()
  }

  /** @throws AppError 'not-found', 'bad-model' */
  async setCurrentModel(modelId: string): Promise<Project> {
    const { store, tokenizerIdOf, changes, onModelChosen } = this.#needs
    await tokenizerIdOf(modelId)
    store.project.setCurrentModel(modelId)
    for (const topic of ['project', 'pairs', 'negatives'] as const) changes.publish({ topic })
    await onModelChosen(modelId)
    return this.get()
  }
}

/** A name that every file system takes. @throws AppError 'bad-input' when nothing is left of it */
export function toFolderName(name: string): string {
  const folderName = name.replace(/[<>:"/\\|?*\p{Cc}]/gu, ' ').replace(/\s+/g, ' ').replace(/^[. ]+|[. ]+$/g, '').slice(0, 80)
  if (folderName === '') throw new AppError('bad-input', `“${name}” gives no folder name.`, 'Use letters or digits in the name.')
  return /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(folderName) ? `${folderName} project` : folderName
}
