// Every procedure of the contract, each one line into a service. `engine.services` are those of the open
// project, which another one may replace at any time; so nothing of it is kept here.
import { implement } from '@orpc/server'
import { contract } from '../../../shared/contract'
import type { Engine } from '../engine'
import { publishedModels } from '../hub/published'
import { inEditContext } from '../store/editContext'
import { toOrpcError } from './errors'
import { windowIdOf, type WindowContext } from './windowContext'

export function createRouter(engine: Pick<Engine, 'services'>) {
  const os = implement(contract).$context<WindowContext>().use(async ({ next, path, context }) => {
    try {
      return await inEditContext({ windowId: windowIdOf(context), openWindowIds: engine.services.windows.openIds }, () => next())
    } catch (thrown) {
      throw toOrpcError(thrown, path)
    }
  })

  return os.router({
    studio: {
      getStatus: os.studio.getStatus.handler(() => engine.services.studio.getStatus()),
      listWindows: os.studio.listWindows.handler(() => engine.services.windows.list()),
      lookAt: os.studio.lookAt.handler(({ input }) => engine.services.windows.lookAt(input.pairId)),
      watch: os.studio.watch.handler(({ signal }) => engine.services.studio.watch(signal)),
    },
    settings: {
      get: os.settings.get.handler(() => engine.services.settings.get()),
      set: os.settings.set.handler(({ input }) => engine.services.settings.set(input)),
    },
    project: {
      get: os.project.get.handler(() => engine.services.project.get()),
      listRecent: os.project.listRecent.handler(() => engine.services.project.listRecent()),
      open: os.project.open.handler(({ input }) => engine.services.project.open(input.projectToken)),
      create: os.project.create.handler(({ input }) => engine.services.project.create(input.folderToken, input.name)),
      rename: os.project.rename.handler(({ input }) => engine.services.project.rename(input.name)),
      setCurrentModel: os.project.setCurrentModel.handler(({ input }) => engine.services.project.setCurrentModel(input.modelId)),
    },
    picker: {
      listFolder: os.picker.listFolder.handler(({ input }) => engine.services.picker.listFolder(input.token)),
    },
    import: {
      inspect: os.import.inspect.handler(({ input }) => engine.services.imports.inspect(input.sourceToken, input.kind)),
      previewPairs: os.import.previewPairs.handler(({ input }) => engine.services.imports.previewPairs(input)),
      start: os.import.start.handler(({ input }) => engine.services.importJobs.start(input)),
      lookUpHub: os.import.lookUpHub.handler(({ input, signal }) => engine.services.hubDatasets.lookUp(input, signal)),
      fetchHub: os.import.fetchHub.handler(({ input }) => engine.services.hubDatasets.fetch(input)),
      listHubSources: os.import.listHubSources.handler(() => engine.services.hubDatasets.list()),
      removeHubSource: os.import.removeHubSource.handler(({ input }) => engine.services.hubDatasets.remove(input)),
      list: os.import.list.handler(() => engine.services.imports.list()),
      listProblems: os.import.listProblems.handler(({ input }) => engine.services.imports.listProblems(input.importId, input.offset, input.limit)),
    },
    exports: {
      count: os.exports.count.handler(({ input, signal }) => engine.services.exports.count(input, signal)),
      start: os.exports.start.handler(({ input }) => engine.services.exports.start(input)),
    },
    snapshots: {
      list: os.snapshots.list.handler(() => engine.services.snapshots.list()),
      create: os.snapshots.create.handler(({ input }) => engine.services.snapshots.create(input)),
      verify: os.snapshots.verify.handler(({ input }) => engine.services.snapshots.verify(input)),
      getVerification: os.snapshots.getVerification.handler(({ input }) => engine.services.snapshots.getVerification(input.jobId)),
      copy: os.snapshots.copy.handler(({ input }) => engine.services.snapshots.copy(input)),
      scaleOut: os.snapshots.scaleOut.handler(({ input }) => engine.services.scaleOut.start(input)),
      remove: os.snapshots.remove.handler(({ input }) => engine.services.snapshots.remove(input.snapshotId)),
    },
    pairs: {
      list: os.pairs.list.handler(({ input }) => engine.services.pairs.list(input)),
      get: os.pairs.get.handler(({ input }) => engine.services.pairs.get(input.id)),
      getMany: os.pairs.getMany.handler(({ input }) => engine.services.pairs.getMany(input.ids)),
      countFacets: os.pairs.countFacets.handler(({ input }) => engine.services.pairs.countFacets(input.filter)),
      countScope: os.pairs.countScope.handler(({ input }) => engine.services.pairs.countScope(input.scope, input.change)),
      setStatus: os.pairs.setStatus.handler(({ input }) => engine.services.pairs.setStatus(input.scope, input.status)),
      setSplit: os.pairs.setSplit.handler(({ input }) => engine.services.pairs.setSplit(input.scope, input.split)),
      addTag: os.pairs.addTag.handler(({ input }) => engine.services.pairs.addTag(input.scope, input.tag)),
      removeTag: os.pairs.removeTag.handler(({ input }) => engine.services.pairs.removeTag(input.scope, input.tag)),
      preview: os.pairs.preview.handler(({ input, signal }) => engine.services.bulkEdits.preview(input, signal)),
      change: os.pairs.change.handler(({ input }) => engine.services.bulkEdits.change(input)),
      editText: os.pairs.editText.handler(({ input }) => engine.services.pairs.editText(input)),
    },
    filters: {
      list: os.filters.list.handler(() => engine.services.filters.list()),
      save: os.filters.save.handler(({ input }) => engine.services.filters.save(input)),
      rename: os.filters.rename.handler(({ input }) => engine.services.filters.rename(input)),
      remove: os.filters.remove.handler(({ input }) => engine.services.filters.remove(input)),
    },
    history: {
      get: os.history.get.handler(() => engine.services.history.get()),
      undo: os.history.undo.handler(({ input }) => engine.services.history.undo(input.onConflict)),
      redo: os.history.redo.handler(({ input }) => engine.services.history.redo(input.onConflict)),
      list: os.history.list.handler(({ input }) => engine.services.history.list(input)),
      listForPair: os.history.listForPair.handler(({ input }) => engine.services.history.listForPair(input.pairId)),
      goTo: os.history.goTo.handler(({ input }) => engine.services.history.goTo(input.entryId)),
    },
    attention: {
      get: os.attention.get.handler(() => engine.services.attention.get()),
      refresh: os.attention.refresh.handler(({ input }) => engine.services.attention.refresh(input)),
      list: os.attention.list.handler(({ input }) => engine.services.attention.list(input.ids)),
      getProgress: os.attention.getProgress.handler(() => engine.services.attention.getProgress()),
    },
    make: {
      getPicture: os.make.getPicture.handler(({ input }) => engine.services.making.getPicture(input.imageId)),
      addRegion: os.make.addRegion.handler(({ input }) => engine.services.making.addRegion(input)),
      changeRegion: os.make.changeRegion.handler(({ input }) => engine.services.making.changeRegion(input)),
      addQuestions: os.make.addQuestions.handler(({ input }) => engine.services.making.addQuestions(input)),
      addEdit: os.make.addEdit.handler(({ input }) => engine.services.making.addEdit(input)),
      addPairs: os.make.addPairs.handler(({ input }) => engine.services.making.addPairs(input.pairs)),
      previewTransforms: os.make.previewTransforms.handler(({ input }) => engine.services.transformJobs.preview(input.scope, input.options, input.exampleAfterImageId)),
      startTransforms: os.make.startTransforms.handler(({ input }) => engine.services.transformJobs.start(input.scope, input.options)),
      previewTemplate: os.make.previewTemplate.handler(({ input }) => engine.services.templateJobs.preview(input.scope, input.options)),
      startTemplate: os.make.startTemplate.handler(({ input }) => engine.services.templateJobs.start(input.scope, input.options)),
      startSplits: os.make.startSplits.handler(({ input }) => engine.services.splitJobs.start(input.scope, input.options)),
      removePairs: os.make.removePairs.handler(({ input }) => engine.services.pairActs.remove(input.scope)),
      duplicatePairs: os.make.duplicatePairs.handler(({ input }) => engine.services.pairActs.duplicate(input.scope)),
      swapSides: os.make.swapSides.handler(({ input }) => engine.services.pairActs.swapSides(input.scope)),
      setTask: os.make.setTask.handler(({ input }) => engine.services.pairActs.setTask(input.scope, input.task)),
      previewSplits: os.make.previewSplits.handler(({ input, signal }) => engine.services.splitJobs.preview(input.scope, input.options, signal)),
    },
    tokens: {
      start: os.tokens.start.handler(() => engine.services.tokens.start()),
    },
    embeddings: {
      refresh: os.embeddings.refresh.handler(({ input }) => engine.services.embeddingJobs.refresh(input)),
    },
    negatives: {
      mine: os.negatives.mine.handler(({ input }) => engine.services.negatives.mine(input)),
      getSummary: os.negatives.getSummary.handler(() => engine.services.negatives.getSummary()),
      listCandidates: os.negatives.listCandidates.handler(({ input }) => engine.services.negatives.listCandidates(input)),
      judge: os.negatives.judge.handler(({ input }) => engine.services.negatives.judge(input)),
    },
    maps: {
      make: os.maps.make.handler(({ input }) => engine.services.maps.make(input)),
      get: os.maps.get.handler(({ input }) => engine.services.maps.get(input)),
      colour: os.maps.colour.handler(({ input }) => engine.services.maps.colour(input)),
      match: os.maps.match.handler(({ input }) => engine.services.maps.match(input)),
    },
    quality: {
      check: os.quality.check.handler(({ input }) => engine.services.quality.check(input)),
      getSummary: os.quality.getSummary.handler(() => engine.services.quality.getSummary()),
      listFindings: os.quality.listFindings.handler(({ input }) => engine.services.quality.listFindings(input)),
      listClusters: os.quality.listClusters.handler(({ input }) => engine.services.quality.listClusters(input)),
      setThreshold: os.quality.setThreshold.handler(({ input }) => engine.services.quality.setThreshold(input)),
      dismiss: os.quality.dismiss.handler(({ input }) => engine.services.quality.dismiss(input)),
      countResolution: os.quality.countResolution.handler(({ input }) => engine.services.quality.countResolution(input)),
      resolveDuplicates: os.quality.resolveDuplicates.handler(({ input }) => engine.services.quality.resolveDuplicates(input)),
      mendTexts: os.quality.mendTexts.handler(({ input }) => engine.services.quality.mendTexts(input)),
    },
    near: {
      find: os.near.find.handler(({ input, signal }) => engine.services.near.find(input, signal)),
      list: os.near.list.handler(({ input }) => engine.services.near.list(input.nearIds)),
    },
    runs: {
      listPresets: os.runs.listPresets.handler(() => engine.services.runs.listPresets()),
      plan: os.runs.plan.handler(({ input, signal }) => engine.services.runs.plan(input, signal)),
      start: os.runs.start.handler(({ input }) => engine.services.runs.start(input)),
      pause: os.runs.pause.handler(({ input }) => engine.services.runs.pause(input)),
      resume: os.runs.resume.handler(({ input }) => engine.services.runs.resume(input)),
      stop: os.runs.stop.handler(({ input }) => engine.services.runs.stop(input)),
      list: os.runs.list.handler(() => engine.services.runs.list()),
      get: os.runs.get.handler(({ input }) => engine.services.runs.get(input)),
      rename: os.runs.rename.handler(({ input }) => engine.services.runs.rename(input)),
      remove: os.runs.remove.handler(({ input }) => engine.services.runs.remove(input)),
      listMetrics: os.runs.listMetrics.handler(({ input }) => engine.services.runs.listMetrics(input)),
    },
    search: {
      query: os.search.query.handler(({ input, signal }) => engine.services.search.query(input, signal)),
      useImagePath: os.search.useImagePath.handler(({ input }) => engine.services.search.useImagePath(input)),
      saveHit: os.search.saveHit.handler(({ input }) => engine.services.savedHits.saveHit(input)),
    },
    evaluation: {
      start: os.evaluation.start.handler(({ input }) => engine.services.evaluation.start(input)),
      list: os.evaluation.list.handler(() => engine.services.evaluation.list()),
    },
    inspector: {
      inspectPicture: os.inspector.inspectPicture.handler(({ input, signal }) => engine.services.inspector.inspectPicture(input, signal)),
      drawCodes: os.inspector.drawCodes.handler(({ input, signal }) => engine.services.inspector.drawCodes(input, signal)),
      listTokens: os.inspector.listTokens.handler(({ input, signal }) => engine.services.inspector.listTokens(input, signal)),
      predict: os.inspector.predict.handler(({ input, signal }) => engine.services.inspector.predict(input, signal)),
      countUse: os.inspector.countUse.handler(({ input }) => engine.services.codebookUse.start(input)),
      getUse: os.inspector.getUse.handler(({ input }) => engine.services.codebookUse.get(input)),
    },
    models: {
      list: os.models.list.handler(() => engine.services.models.list()),
      listTokenizers: os.models.listTokenizers.handler(() => engine.services.modelLibrary.listTokenizers()),
      listSizes: os.models.listSizes.handler(() => engine.services.modelJobs.listSizes()),
      listPublished: os.models.listPublished.handler(() => [...publishedModels]),
      lookUp: os.models.lookUp.handler(({ input, signal }) => engine.services.modelJobs.lookUp(input, signal)),
      pull: os.models.pull.handler(({ input }) => engine.services.modelJobs.pull(input)),
      import: os.models.import.handler(({ input }) => engine.services.modelJobs.import(input)),
      create: os.models.create.handler(({ input }) => engine.services.modelJobs.create(input)),
      export: os.models.export.handler(({ input }) => engine.services.modelJobs.export(input)),
      getDetails: os.models.getDetails.handler(({ input }) => engine.services.modelRegistry.getDetails(input)),
      setNotes: os.models.setNotes.handler(({ input }) => engine.services.modelRegistry.setNotes(input)),
      getLineage: os.models.getLineage.handler(() => engine.services.modelRegistry.getLineage()),
      rename: os.models.rename.handler(({ input }) => engine.services.modelJobs.rename(input)),
      remove: os.models.remove.handler(({ input }) => engine.services.modelJobs.remove(input)),
      getHub: os.models.getHub.handler(() => engine.services.hub.get()),
      setHub: os.models.setHub.handler(({ input }) => engine.services.hub.set(input)),
    },
    blend: {
      listProbes: os.blend.listProbes.handler(({ input }) => engine.services.blend.listProbes(input)),
      get: os.blend.get.handler(({ input }) => engine.services.blend.get(input)),
      measure: os.blend.measure.handler(({ input }) => engine.services.blend.measure(input)),
      focus: os.blend.focus.handler(({ input }) => engine.services.blend.focus(input)),
      save: os.blend.save.handler(({ input }) => engine.services.blend.save(input)),
    },
    devices: {
      list: os.devices.list.handler(() => engine.services.deviceSpeeds.list()),
      measure: os.devices.measure.handler(() => engine.services.deviceSpeeds.start()),
    },
    jobs: {
      list: os.jobs.list.handler(({ input }) => engine.services.jobs.list(input.limit)),
      get: os.jobs.get.handler(({ input }) => engine.services.jobs.get(input.jobId)),
      listLog: os.jobs.listLog.handler(({ input }) => engine.services.jobs.listLog(input.jobId)),
      cancel: os.jobs.cancel.handler(({ input }) => engine.services.jobs.cancel(input.jobId)),
    },
  })
}

export type StudioRouter = ReturnType<typeof createRouter>
