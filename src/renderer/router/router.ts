// Hash addresses work the same on a custom protocol and over HTTP, and survive a reload on both.
import { createRouter, createWebHashHistory, type Router, type RouterHistory } from 'vue-router'
import { viewEntries } from './views'

const lastViewKey = 'studio.lastView'

export function createStudioRouter(history: RouterHistory = createWebHashHistory()): Router {
  const router = createRouter({
    history,
    routes: [
      { path: '/', redirect: () => ({ name: rememberedView() }) },
      ...viewEntries.map((entry) => ({ path: `/${entry.name}`, name: entry.name, component: entry.load })),
      { path: '/:unknown(.*)', redirect: '/' },
    ],
  })
  router.afterEach((to) => {
    if (typeof to.name === 'string') localStorage.setItem(lastViewKey, to.name)
  })
  return router
}

function rememberedView(): string {
  const remembered = localStorage.getItem(lastViewKey)
  return viewEntries.find((entry) => entry.name === remembered)?.name ?? 'library'
}
