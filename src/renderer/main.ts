// Starts the interface: a channel to the engine, the stores, the router, then the shell.
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { provideApi } from '@renderer/api/api'
import { openConnection } from '@renderer/api/connection'
import { chooseTransport } from '@renderer/api/chooseTransport'
import { connectionKey } from '@renderer/composables/useConnection'
import { createStudioRouter } from '@renderer/router/router'
import App from './App.vue'
import './styles/main.css'

const connection = openConnection(chooseTransport())
const pinia = createPinia()
const app = createApp(App)
provideApi(app, pinia, connection.api)
app.provide(connectionKey, connection.state)
app.use(pinia)
app.use(createStudioRouter())
app.mount('#app')
