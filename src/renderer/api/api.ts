// The engine as the renderer sees it: the contract's procedures as functions. Injected, so that tests give their own.
import type { ContractRouterClient } from '@orpc/contract'
import { inject, type App, type InjectionKey } from 'vue'
import { getActivePinia } from 'pinia'
import type { contract } from '@shared/contract'

export type Api = ContractRouterClient<typeof contract>

const apiKey: InjectionKey<Api> = Symbol('api')
const apiByPinia = new WeakMap<object, Api>()

/** Makes an api available to the components and stores of an app. */
export function provideApi(app: App, pinia: object, api: Api): void {
  app.provide(apiKey, api)
  apiByPinia.set(pinia, api)
}

/** The api of the running app; callable in component set-up and inside stores. */
export function useApi(): Api {
  const pinia = getActivePinia()
  const api = (pinia && apiByPinia.get(pinia)) ?? inject(apiKey, null)
  if (!api) throw new Error('useApi() was called before provideApi().')
  return api
}
