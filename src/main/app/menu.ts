// The window menu. Undo and redo stay with the page, which knows whether a text field or the project is meant.
import type { MenuItemConstructorOptions } from 'electron'

export function menuTemplate(platform: NodeJS.Platform, isDevelopment: boolean): MenuItemConstructorOptions[] {
  const edit: MenuItemConstructorOptions = { label: 'Edit', submenu: [{ role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }] }
  const view: MenuItemConstructorOptions = {
    label: 'View',
    submenu: [
      { role: 'reload' },
      ...(isDevelopment ? [{ role: 'toggleDevTools' } as const] : []),
      { type: 'separator' },
      { role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' },
      { type: 'separator' },
      { role: 'togglefullscreen' },
    ],
  }
  const file: MenuItemConstructorOptions = { label: 'File', submenu: [{ role: platform === 'darwin' ? 'close' : 'quit' }] }
  return [...(platform === 'darwin' ? [{ role: 'appMenu' } as const] : []), file, edit, view, { role: 'windowMenu' }]
}
