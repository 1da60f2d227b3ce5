// Whether the channel to the engine is open, for the status bar and for views that read again after a gap.
import { inject, ref, type InjectionKey, type Ref } from 'vue'
import type { ConnectionState } from '@renderer/api/connection'

export const connectionKey: InjectionKey<Readonly<Ref<ConnectionState>>> = Symbol('connection')

/** Without a provided connection (tests) the state is `connected`. */
export const useConnection = (): Readonly<Ref<ConnectionState>> => inject(connectionKey, () => ref<ConnectionState>('connected'), true)
