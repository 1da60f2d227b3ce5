// Mounts a view with a fresh Pinia, the fake api and a router in memory, and reads what the shell would have read.
import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia, type Pinia } from 'pinia'
import { TooltipProvider } from 'reka-ui'
import { defineComponent, h, type Component } from 'vue'
import { createMemoryHistory } from 'vue-router'
import { provideApi } from '@renderer/api/api'
import { useStart } from '@renderer/composables/useStart'
import { createStudioRouter } from '@renderer/router/router'
import type { FakeApi } from './fakeApi'

/** A fresh Pinia whose stores reach the fake api, without any component. */
export function usePiniaWith(fake: FakeApi): Pinia {
  const pinia = createPinia()
  setActivePinia(pinia)
  provideApi({ provide: () => undefined } as never, pinia, fake.api)
  return pinia
}

export async function mountView(view: Component, fake: FakeApi) {
  const pinia = usePiniaWith(fake)
  const router = createStudioRouter(createMemoryHistory())
  const Host = defineComponent({
    setup() {
      void useStart().start()
      return () => h(TooltipProvider, null, { default: () => h(view) })
    },
  })
  const wrapper = mount(Host, { attachTo: document.body, global: { plugins: [pinia, router, { install: (app) => provideApi(app, pinia, fake.api) }] } })
  await flushPromises()
  return { wrapper, pinia, router }
}

/** Presses a key where the focus is, as a person would. */
export async function press(key: string, options: KeyboardEventInit = {}): Promise<void> {
  const target = document.activeElement ?? document.body
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...options }))
  await flushPromises()
}
