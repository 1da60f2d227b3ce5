// Imports go one way: shared ← compute ← services ← router ← hosts; store ← services; renderer → shared only.
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

module.exports = {
  forbidden: [
    forbid('no-circular', 'Two files that need each other are one idea: merge them or extract the shared part.', {}, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }),
    forbid('shared-is-pure', 'src/shared holds contracts and types only: no Node, DOM, Electron or tensors. Put the code in src/main or src/renderer.',
      { path: '^src/shared' }, { pathNot: ['^src/shared', 'node_modules/(zod|@orpc/contract)'], }),
    forbid('renderer-knows-shared-only', 'The renderer reaches the engine through the contract (src/shared/contract), never by import.',
      { path: '^src/renderer' }, { path: '^src/(main|preload)' }),
    forbid('renderer-is-a-web-page', 'The renderer is sandboxed: no Node built-ins, no Electron.',
      { path: '^src/renderer' }, { dependencyTypes: ['core'] }),
    forbid('engine-without-electron', 'The engine runs in plain Node. Code that imports electron belongs in src/main/app.',
      { path: '^src/(main/(engine|server|cli)|shared|renderer)' }, { path: '(^|/)node_modules/electron/|^electron$' }),
    forbid('electron-in-app-only', 'Only src/main/index.ts, src/main/app and src/preload may import electron.',
      { path: '^src', pathNot: '^src/(main/index.ts|main/app|preload)' }, { path: '^electron$|node_modules/electron/' }),
    forbid('compute-is-tensors-only', 'compute knows tensors and model files, not SQL, services or hosts.',
      { path: '^src/main/engine/compute' }, { path: '^src/main/(engine/(services|jobs|store|router|index)|app|server|cli)|node_modules/@photostructure' }),
    forbid('store-is-sql-only', 'store holds SQL and files; it knows nothing above it.',
      { path: '^src/main/engine/store' }, { path: '^src/main/(engine/(services|jobs|compute|router|index)|app|server|cli)' }),
    forbid('sql-in-store-only', 'Only src/main/engine/store may open SQLite.',
      { path: '^src', pathNot: '^src/main/engine/store' }, { path: '@photostructure/sqlite' }),
    forbid('services-below-router', 'Services do not know the router or the hosts.',
      { path: '^src/main/engine/(services|jobs)' }, { path: '^src/main/(engine/(router|index)|app|server|cli)' }),
    forbid('hosts-do-not-import-each-other', 'Electron, the browser host and the command line share only the engine.',
      { path: '^src/main/server' }, { path: '^src/main/(app|cli)' }),
    forbid('toybox-is-data', 'The toybox draws scenes and writes captions: no tensors, no SQL.',
      { path: '^src/main/engine/toybox' }, { path: '^src/main/engine/(compute|services|store|jobs|router)' }),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'], extensions: ['.ts', '.vue', '.js', '.json'] },
  },
}
